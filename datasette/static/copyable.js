/* A button that copies the text, for readers with JavaScript; others select it themselves. */
const text = document.getElementById("copyable");
const button = document.getElementById("copy");
button.hidden = false;
button.addEventListener("click", () => {
  text.select();
  document.execCommand("copy");
  document.querySelector("[role=status]").textContent = "Copied";
});
