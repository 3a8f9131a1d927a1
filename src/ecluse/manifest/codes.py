"""What each code of a manifest Problem means. Codes are stable: a number is never used for something else."""

from __future__ import annotations

from types import MappingProxyType

CODES = MappingProxyType(
    {
        "M001": "There is no manifest.",
        "M002": "The manifest stands in two files.",
        "M003": "The manifest can't be read, or is not UTF-8 text.",
        "M004": "The text is not TOML.",
        "M005": "The manifest is written for another version of the format.",
        "M010": "A value has the wrong type.",
        "M011": "A key that must be there is missing.",
        "M012": "A key is unknown.",
        "M013": "A value is none of those that can be chosen.",
        "M014": "A number, duration or list is out of its range.",
        "M015": "A text doesn't have the shape that is asked for.",
        "M016": "A duration can't be read.",
        "M017": "A size can't be read.",
        "M018": "A command can't be read.",
        "M019": "A path leads out of the repository.",
        "M020": "A variable that a value refers to is not set.",
        "M021": "A reference to a variable is not complete.",
        "M030": "A process has both an app and a command.",
        "M031": "A process has nothing to run.",
        "M032": "An app has no interface, or an interface has no app.",
        "M033": "A setting has no effect beside the others.",
        "M034": "Two processes want the traffic.",
        "M035": "A process would be ended before its idle connections close.",
        "M036": "A health check can't succeed in its time.",
        "M040": "A step that is named is not declared.",
        "M041": "A step is named twice.",
        "M042": "Steps wait for each other in a circle.",
        "M043": "Two steps claim the same output.",
        "M044": "A coverage threshold can't be met: no step leaves a report.",
        "M045": "A secret also stands where it can be seen.",
        "M051": "Two environments want the same port.",
        "M052": "An address can't be listened on.",
        "M053": "A window of time can't be read.",
        "M054": "A time zone is unknown.",
        "M055": "A policy can never be met.",
        "M056": "An environment that is named is not declared.",
        "M057": "Hosts can't be as they are named.",
        "M060": "An env file that is named is not there.",
        "M061": "An env file can't be read.",
        "M062": "A line of an env file can't be read.",
        "M063": "A secret has no value.",
        "M070": "There is no such key to explain.",
        "M090": "There is no such environment.",
    }
)
