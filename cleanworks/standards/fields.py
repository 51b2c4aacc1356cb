"""The fields of OCDS 1.1.5 (with the extensions for bids, subcontracting, lots, bid opening and transactions' milestones) and OC4IDS 0.9.5 in few words: what kind of value stands where.

Our own list, for checks and merging without the official schema. One line is one object, its fields divided by commas: the name;
``!`` if it is required; ``-`` if it is omitted when releases are merged; the kind, where it is not text; ``[]`` for a list of it,
``*`` where such a list is replaced whole when releases are merged.

``id`` is a text or a whole number, ``measure`` a text or a number, ``moment`` a date and time with its zone, ``any`` anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

SIMPLE = ("text", "id", "number", "integer", "flag", "moment", "measure", "object", "any")


@dataclass(frozen=True)
class Field:
    """One field: ``kind`` is one of `SIMPLE` or the name of an object; ``depth`` is how many lists stand around it."""

    name: str
    kind: str
    depth: int = 0
    required: bool = False
    omitted: bool = False
    whole: bool = False


_LINE = re.compile(
    r"(?P<name>\w+)(?P<required>!?)(?P<omitted>-?)(?: (?P<kind>\w+)(?P<lists>(?:\[\])*)(?P<whole>\*?))?"
)

_OCDS = """
Release: ocid!, id!-, date!- moment, tag!- text[], initiationType!, parties Organization[], buyer
    OrganizationReference, planning Planning, tender Tender, awards Award[], contracts Contract[], language,
    relatedProcesses RelatedProcess[], bids Bids
Organization: name, id, identifier Identifier, additionalIdentifiers Identifier[]*, address Address, contactPoint
    ContactPoint, roles text[], details object
OrganizationReference: name, id id, identifier Identifier, address Address, additionalIdentifiers Identifier[]*,
    contactPoint ContactPoint
Planning: rationale, budget Budget, documents Document[], milestones Milestone[]
Tender: id! id, title, description, status, procuringEntity OrganizationReference, items Item[], value Value, minValue
    Value, procurementMethod, procurementMethodDetails, procurementMethodRationale, mainProcurementCategory,
    additionalProcurementCategories text[], awardCriteria, awardCriteriaDetails, submissionMethod text[],
    submissionMethodDetails, tenderPeriod Period, enquiryPeriod Period, hasEnquiries flag, eligibilityCriteria,
    awardPeriod Period, contractPeriod Period, numberOfTenderers integer, tenderers OrganizationReference[], documents
    Document[], milestones Milestone[], amendments Amendment[], amendment Amendment, subcontractingTerms
    SubcontractingTerms
Award: id! id, title, description, status, date moment, value Value, suppliers OrganizationReference[], items Item[],
    contractPeriod Period, documents Document[], amendments Amendment[], amendment Amendment, relatedBid, relatedBids
    text[], hasSubcontracting flag, subcontracting Subcontracting, relatedLots text[]
Contract: id! id, awardID! id, title, description, status, period Period, value Value, items Item[], dateSigned
    moment, documents Document[], implementation Implementation, relatedProcesses RelatedProcess[], milestones
    Milestone[], amendments Amendment[], amendment Amendment, relatedBids text[]
RelatedProcess: id, relationship text[], title, scheme, identifier, uri
Bids: statistics Statistic[], details Bid[]
Identifier: scheme, id id, legalName, uri
Address: streetAddress, locality, region, postalCode, countryName
ContactPoint: name, email, telephone, faxNumber, url
Budget: id id, description, amount Value, project, projectID id, uri, source
Document: id! id, documentType, title, description, url, datePublished moment, dateModified moment, format, language
Milestone: id! id, title, type, description, code, dueDate moment, dateMet moment, dateModified moment, status,
    documents Document[]
Item: id! id, description, classification Classification, additionalClassifications Classification[]*, quantity
    number, unit Unit
Value: amount number, currency
Period: startDate moment, endDate moment, maxExtentDate moment, durationInDays integer
Amendment: date moment, rationale, id, description, amendsReleaseID, releaseID, changes Changes[]
SubcontractingTerms: description, competitiveMaximumPercentage number, competitiveMinimumPercentage number
Subcontracting: description, maximumPercentage number, minimumPercentage number, competitiveMaximumPercentage number,
    competitiveMinimumPercentage number, value Value, competitive flag, subcontracts Subcontract[]
Implementation: transactions Transaction[], milestones Milestone[], documents Document[]
Statistic: id!, measure!, date moment, value! number, valueGross number, currency, notes, relatedLot
Bid: id!, identifiers SimpleIdentifier[]*, submissionType, date moment, description, status, items Item[], tenderers
    OrganizationReference[], value Value, validityPeriod Period, documents Document[], relatedLots text[],
    countriesOfOrigin text[], hasRank flag, rank integer, variant flag, hasSubcontracting flag, subcontracting
    Subcontracting
Classification: scheme, id id, description, uri
Unit: scheme, id, name, value Value, uri
Changes: property, former_value any[]
Subcontract: id!, subcontractor OrganizationReference, mainContractors OrganizationReference[]
Transaction: id! id, source, date moment, value Value, payer OrganizationReference, payee OrganizationReference, uri,
    amount Value, providerOrganization Identifier,
    receiverOrganization Identifier, relatedImplementationMilestone MilestoneReference
SimpleIdentifier: scheme, id
Lot: id! id, title, description, status, value Value
BidOpening: date moment, description
MilestoneReference: id id, title
"""

_OC4IDS = """
Project: id!, updated moment, language, identifiers SimpleIdentifier[], publicAuthority OrganizationReference, title,
    description, budget Budget, period Period, locations Location[], status, type, sector text[], purpose,
    additionalClassifications Classification[], parties Organization[], assetLifetime Period, identificationPeriod
    Period, preparationPeriod Period, implementationPeriod Period, completionPeriod Period, maintenancePeriod Period,
    decommissioningPeriod Period, forecasts Metric[], metrics Metric[], milestones Milestone[], completion Completion,
    costMeasurements CostMeasurement[], transactions Transaction[], documents Document[], contractingProcesses
    ContractingProcess[], relatedProjects RelatedProject[], policyAlignment PolicyAlignment, benefits Benefit[],
    social Social, environment Environment, lobbyingMeetings Meeting[]
SimpleIdentifier: id!, scheme
OrganizationReference: name, id
Budget: description, amount Value, requestDate moment, approvalDate moment, budgetBreakdowns BudgetBreakdowns[],
    finance Finance[]
Period: startDate moment, endDate moment, maxExtentDate moment, durationInDays integer
Location: id!, description, geometry Geometry, gazetteer Gazetteer, uri, address Address
Classification: scheme, id, description, uri
Organization: name, id, identifier Identifier, additionalIdentifiers Identifier[], address Address, contactPoint
    ContactPoint, roles text[], beneficialOwners Person[], classifications Classification[], people Person[]
Metric: id!, title, description, observations Observation[]
Milestone: id!, title, type, description, code, dueDate moment, dateMet moment, dateModified moment, status, value
    Value
Completion: endDate moment, endDateDetails, finalValue Value, finalValueDetails, finalScope, finalScopeDetails
CostMeasurement: id!, date moment, lifeCycleCosting LifeCycleCosting, costGroups CostGroup[]
Transaction: id!, source, date moment, value Value, payer OrganizationReference, payee OrganizationReference, uri,
    relatedImplementationMilestone MilestoneReference
Document: id!, documentType, title, description, url, datePublished moment, dateModified moment, format, language,
    pageStart, pageEnd, accessDetails, author
ContractingProcess: id!, summary ContractingProcessSummary, releases LinkedRelease[]
RelatedProject: id!, scheme, identifier, relationship, title, uri
PolicyAlignment: policies text[], description
Benefit: title, description, beneficiaries Beneficiary[]
Social: consultationMeetings Meeting[], landCompensationBudget Value, inIndigenousLand flag, healthAndSafety
    HealthAndSafety
Environment: goals text[], climateOversightTypes text[], hasImpactAssessment flag, impactCategories Classification[],
    climateMeasures ClimateMeasure[], conservationMeasures ConservationMeasure[], environmentalMeasures
    EnvironmentalMeasure[], abatementCost Value, inProtectedArea flag
Meeting: id!, date moment, address Address, numberOfParticipants integer, publicOffice PublicOffice
Value: amount number, currency
BudgetBreakdowns: id!, description, budgetBreakdown BudgetBreakdown[]
Finance: id!, title, description, value Value, financingParty OrganizationReference, financingPartyType, source,
    assetClass text[], type, repaymentPriority, concessional flag, resultsBased flag, period Period, paymentPeriod
    Period, paymentFrequency number, interestRate InterestRate, exchangeRateGuarantee flag, stepInRights flag,
    relatedLots text[]
Geometry: type, coordinates any[]
Gazetteer: scheme, identifiers text[]
Address: streetAddress, locality, region, postalCode, countryName
Identifier: scheme, id, legalName, uri
ContactPoint: name, email, telephone, faxNumber, url
Person: id!, name, identifier Identifier, nationalities text[], address Address, email, faxNumber, telephone, jobTitle
Observation: id!, period Period, value Value, measure measure, unit Unit, dimensions object, notes
LifeCycleCosting: value Value
CostGroup: id!, category, costs Cost[]
MilestoneReference: id!, title
ContractingProcessSummary: ocid, externalReference, nature text[], title, description, status, tender Tender,
    suppliers OrganizationReference[], contractValue Value, contractPeriod Period, finalValue Value, documents
    Document[], modifications Modification[], transactions Transaction[], milestones Milestone[], finance Finance[],
    social Social
LinkedRelease: id!, tag! text[], date! moment, url!
Beneficiary: location Location, description, numberOfPeople integer
HealthAndSafety: materialTests MaterialTests
ClimateMeasure: type text[], description
ConservationMeasure: type, description
EnvironmentalMeasure: type, description
PublicOffice: person object, organization OrganizationReference, jobTitle
BudgetBreakdown: id!, description, amount Value, uri, period Period, sourceParty OrganizationReference, approvalDate
    moment
InterestRate: base measure, margin number, fixed flag, notes
Unit: name, scheme, id, uri
Cost: id, classification Classification, value Value
Tender: procurementMethod, procurementMethodDetails, datePublished moment, costEstimate Value, numberOfTenderers
    number, tenderers OrganizationReference[], procuringEntity OrganizationReference, administrativeEntity
    OrganizationReference, sustainability Sustainability[]
Modification: id!, date moment, description, rationale, type, releaseID, oldContractValue Value, newContractValue
    Value, oldContractPeriod Period, newContractPeriod Period
MaterialTests: tests text[], description
Sustainability: strategies text[]
"""


@cache
def objects(list_name: str) -> MappingProxyType[str, Any]:
    """Object name -> field name -> `Field`, for ``"projects"``, or ``"releases"`` and ``"records"``."""
    text = _OC4IDS if list_name == "projects" else _OCDS
    found: dict[str, dict[str, Field]] = {}
    for line in re.sub(r"\n\s+", " ", text).strip().splitlines():
        name, _, rest = line.partition(":")
        found[name] = {field.name: field for field in map(_field, rest.split(","))}
    return MappingProxyType(found)


def root(list_name: str) -> str:
    """The name of the object that a list of this name holds."""
    return "Project" if list_name == "projects" else "Release"


def is_path(names: Iterable[str]) -> bool:
    """Whether names, with numbers between them, lead from an object of OCDS or OC4IDS into one inside it.

    >>> is_path(["tender", "value", "amount"]), is_path(["awards", "0", "id"]), is_path(["date", "status"]), is_path(["amount"])
    (True, True, False, False)
    """
    path = [name for name in names if not name.isdigit() and name != "compiledRelease"]
    return len(path) > 1 and any(
        _leads(known, kind, path) for known in (objects("releases"), objects("projects")) for kind in known
    )


def _leads(known: Mapping[str, Any], kind: str, path: Sequence[str]) -> bool:
    for name in path:
        if name not in known.get(kind, ()):
            return False
        kind = known[kind][name].kind
    return True


def _field(text: str) -> Field:
    part = _LINE.fullmatch(text.strip())
    assert part is not None, text
    lists = part["lists"] or ""
    return Field(
        part["name"],
        part["kind"] or "text",
        len(lists) // 2,
        bool(part["required"]),
        bool(part["omitted"]),
        bool(part["whole"]),
    )


@cache
def merge_rules(name: str = "Release") -> dict[str, Any]:
    """Field name -> "omitWhenMerged", "wholeListMerge", or the rules of the objects below."""
    known = objects("releases")
    rules: dict[str, object] = {}
    for field in known[name].values():
        if field.omitted:
            rules[field.name] = "omitWhenMerged"
        elif field.depth and (field.whole or field.kind in SIMPLE or "id" not in known[field.kind]):
            rules[field.name] = "wholeListMerge"
        elif field.kind not in SIMPLE:
            rules[field.name] = merge_rules(field.kind)
    return rules
