"""The graph of the DCAT-AP-NL 3.0 catalogue: a public table is a dataset, its files and addresses are distributions.

Every node has an address of its own (no blank nodes), so that the same release gives the same bytes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF, RDF, RDFS, XSD
from rdflib.term import Node

from pipelines.publish.manifest import PublicTable
from pipelines.publish.metadata import DATABASE, LICENCE, SOURCES
from pipelines.publish.offers import API, FORMATS, ROWS, SERVED_BY_API, Format, Service
from pipelines.publish.release import FileFacts, offered

EU = Namespace("http://publications.europa.eu/resource/authority/")
MEDIA = Namespace("https://www.iana.org/assignments/media-types/")
SPDX = Namespace("http://spdx.org/rdf/terms#")
VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
# From the third edition of DCAT, whose terms rdflib does not list yet.
VERSION = URIRef("http://www.w3.org/ns/dcat#version")
PREFIXES = {
    "dcat": DCAT,
    "dcterms": DCTERMS,
    "foaf": FOAF,
    "rdfs": RDFS,
    "spdx": SPDX,
    "vcard": VCARD,
    "xsd": XSD,
}
LANGUAGES = {"nl": EU["language/NLD"], "en": EU["language/ENG"]}
# From the fastest to the slowest: a table is updated as often as the fastest of its sources.
FREQUENCIES = {
    "weekly": "WEEKLY",
    "monthly": "MONTHLY",
    "quarterly": "QUARTERLY",
    "half_yearly": "ANNUAL_2",
    "yearly": "ANNUAL",
    "once": "NEVER",
}


@dataclass(frozen=True)
class Coverage:
    """What the rows of a table cover: its years, how often its sources appear, and countries other than this one."""

    years: tuple[int, int] | None
    cadences: tuple[str, ...]
    countries: tuple[str, ...]


class Catalogue:
    """The graph as it is being filled."""

    def __init__(self, contact: dict[str, str], release: dict[str, Any], rights: str) -> None:
        self.url = contact["url"].rstrip("/")
        self.release = release
        self.graph = Graph(bind_namespaces="none")
        for prefix, namespace in PREFIXES.items():
            self.graph.bind(prefix, namespace)
        self.catalog = self._at("/catalogue.ttl#catalogue")
        self.publisher, self.contact = self._at("/#publisher"), self._at("/#contact")
        self.licence, self.rights = self._at(SOURCES), self._at(f"{SOURCES}#rights")
        self._add_outline(contact, rights)

    def add_table(self, table: PublicTable, covered: Coverage, files: FileFacts) -> None:
        """Adds the dataset of a public table, with every form in which it is available."""
        dataset = self._at(f"/{DATABASE}/{table.name}#dataset")
        self._add(
            dataset,
            {
                RDF.type: DCAT.Dataset,
                DCTERMS.identifier: Literal(str(dataset)),
                DCTERMS.title: _texts(table.title_nl, table.title_en),
                DCTERMS.description: _texts(self._noted(table.description_nl, 0), self._noted(table.description_en, 1)),
                DCTERMS.modified: self._moment(),
                DCTERMS.accrualPeriodicity: EU[f"frequency/{_frequency(covered.cadences)}"],
                DCTERMS.spatial: [EU[f"country/{code}"] for code in ("NLD", *covered.countries)],
                DCTERMS.language: LANGUAGES.values(),
                DCAT.theme: [EU[f"data-theme/{theme}"] for theme in table.data_themes],
                DCAT.landingPage: self._at(f"/{DATABASE}/{table.name}"),
                VERSION: Literal(self.release["release_id"]),
                **self._responsible(),
            },
        )
        if covered.years:
            self._add_period(dataset, *covered.years)
        for form in FORMATS:
            self._add_file(dataset, table, form, files)
        self._add_rows(dataset, table)
        self._add(self.catalog, {DCAT.dataset: dataset})
        for service in (ROWS, API) if table.name in SERVED_BY_API else (ROWS,):
            self._add(self._service(service), {DCAT.servesDataset: dataset})

    def _add_outline(self, contact: dict[str, str], rights: str) -> None:
        titles = _texts(self.release["title_nl"], self.release["title_en"])
        self._add(
            self.catalog,
            {
                RDF.type: DCAT.Catalog,
                DCTERMS.title: titles,
                DCTERMS.description: _texts(
                    self._noted(self.release["title_nl"], 0), self._noted(self.release["title_en"], 1)
                ),
                DCTERMS.modified: self._moment(),
                DCTERMS.language: LANGUAGES.values(),
                DCTERMS.license: self.licence,
                DCTERMS.publisher: self.publisher,
                DCTERMS.creator: self.publisher,
                DCAT.contactPoint: self.contact,
                FOAF.homepage: self._at("/"),
            },
        )
        name = Literal(contact["name"])
        self._add(self.publisher, {RDF.type: FOAF.Agent, FOAF.name: name, FOAF.homepage: self._at("/")})
        self._add(self.contact, {RDF.type: VCARD.Kind, VCARD.fn: name, VCARD.hasURL: self._at("/")})
        if "email" in contact:
            self._add(self.contact, {VCARD.hasEmail: URIRef(f"mailto:{contact['email']}")})
        self._add(self.licence, {RDF.type: DCTERMS.LicenseDocument, RDFS.label: Literal(LICENCE["license"])})
        self._add(self.rights, {RDF.type: DCTERMS.RightsStatement, RDFS.label: Literal(rights)})
        for service in (ROWS, API):
            self._add_service(service)

    def _add_service(self, service: Service) -> None:
        node = self._service(service)
        self._add(
            node,
            {
                RDF.type: DCAT.DataService,
                DCTERMS.identifier: Literal(str(node)),
                DCTERMS.title: _texts(service.title_nl, service.title_en),
                DCTERMS.description: _texts(service.description_nl, service.description_en),
                DCTERMS.license: self.licence,
                DCTERMS.language: LANGUAGES.values(),
                DCAT.theme: [EU["data-theme/ECON"], EU["data-theme/REGI"]],
                DCAT.endpointURL: self._at(service.address),
                DCAT.endpointDescription: URIRef(urljoin(self.url, service.described_at)),
                **self._responsible(),
            },
        )
        self._add(self.catalog, {DCAT.service: node})

    def _service(self, service: Service) -> URIRef:
        return self._at(f"{service.address}#service")

    def _add_period(self, dataset: URIRef, first: int, last: int) -> None:
        period = URIRef(f"{dataset}-period")
        self._add(
            period,
            {
                RDF.type: DCTERMS.PeriodOfTime,
                DCAT.startDate: Literal(f"{first}-01-01", datatype=XSD.date),
                DCAT.endDate: Literal(f"{last}-12-31", datatype=XSD.date),
            },
        )
        self._add(dataset, {DCTERMS.temporal: period})

    def _add_file(self, dataset: URIRef, table: PublicTable, form: Format, files: FileFacts) -> None:
        file = offered(files, form.file.format(table=table.name))
        address = self._at(form.address.format(table=table.name))
        distribution = URIRef(f"{dataset}-{form.key}")
        checksum = URIRef(f"{distribution}-sha256")
        self._add_distribution(dataset, distribution, table, form.nl, form.en)
        self._add(
            distribution,
            {
                DCAT.accessURL: address,
                DCAT.downloadURL: address,
                DCAT.mediaType: MEDIA[form.media_type],
                DCAT.byteSize: Literal(file["bytes"], datatype=XSD.nonNegativeInteger),
                SPDX.checksum: checksum,
                DCTERMS.format: EU[f"file-type/{form.file_type}"] if form.file_type else [],
                DCTERMS.conformsTo: URIRef(form.conforms_to) if form.conforms_to else [],
            },
        )
        self._add(
            checksum,
            {
                RDF.type: SPDX.Checksum,
                SPDX.algorithm: SPDX.checksumAlgorithm_sha256,
                SPDX.checksumValue: Literal(file["sha256"], datatype=XSD.hexBinary),
            },
        )

    def _add_rows(self, dataset: URIRef, table: PublicTable) -> None:
        distribution = URIRef(f"{dataset}-json")
        self._add_distribution(dataset, distribution, table, "JSON, rij voor rij", "JSON, row by row")
        self._add(
            distribution,
            {
                DCAT.accessURL: self._at(f"/{DATABASE}/{table.name}.json?_shape=array"),
                DCAT.accessService: self._service(ROWS),
                DCAT.mediaType: MEDIA["application/json"],
                DCTERMS.format: EU["file-type/JSON"],
            },
        )

    def _add_distribution(
        self, dataset: URIRef, distribution: URIRef, table: PublicTable, form_nl: str, form_en: str
    ) -> None:
        self._add(dataset, {DCAT.distribution: distribution})
        self._add(
            distribution,
            {
                RDF.type: DCAT.Distribution,
                DCTERMS.title: _texts(f"{table.title_nl}, {form_nl}", f"{table.title_en}, {form_en}"),
                DCTERMS.issued: self._moment(),
                DCTERMS.modified: self._moment(),
                DCTERMS.language: LANGUAGES.values(),
                DCTERMS.license: self.licence,
                DCTERMS.rights: self.rights,
            },
        )

    def _responsible(self) -> dict[URIRef, Node]:
        return {
            DCTERMS.accessRights: EU["access-right/PUBLIC"],
            DCTERMS.creator: self.publisher,
            DCTERMS.publisher: self.publisher,
            DCAT.contactPoint: self.contact,
        }

    def _noted(self, text: str, language: int) -> str:
        """The text, preceded by the notice of invented figures if there is one."""
        notice = self.release["notice"]
        return f"{notice.split(' / ')[language]}. {text}" if notice else text

    def _moment(self) -> Literal:
        """When the newest source was fetched: a release has no other time, so that it can be reproduced."""
        return Literal(self.release["newest_landed_at"], datatype=XSD.dateTime)

    def _at(self, path: str) -> URIRef:
        return URIRef(self.url + path)

    def _add(self, subject: URIRef, facts: dict[URIRef, Node | Iterable[Node]]) -> None:
        for predicate, found in facts.items():
            for value in [found] if isinstance(found, Node) else found:
                self.graph.add((subject, predicate, value))


def _texts(nl: str, en: str) -> list[Literal]:
    return [Literal(" ".join(text.split()), lang=lang) for lang, text in (("nl", nl), ("en", en))]


def _frequency(cadences: tuple[str, ...]) -> str:
    return next((name for cadence, name in FREQUENCIES.items() if cadence in cadences), "IRREG")
