"""What a plugin wraps when it changes answers on their way out."""

from collections.abc import Awaitable, Callable
from typing import Any

AsgiApp = Callable[[dict[str, Any], Any, Any], Awaitable[None]]
