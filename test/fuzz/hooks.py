"""What schemathesis can not know from the document: values that exist, and which refusals of valid requests are right."""

import atexit
import collections
import datetime
import itertools
import json
import os
import re

import schemathesis
from hypothesis import strategies as st
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.meta import CoverageScenario, TestPhase

schemathesis.openapi.format(
    "time-zone", st.sampled_from(["UTC", "Europe/Zurich", "Pacific/Kiritimati", "America/Argentina/Ushuaia"])
)
schemathesis.openapi.format("phone-number", st.sampled_from(["+41446681800", "+41 44 668 18 00", "+1 (212) 555-0100"]))

# Ids that exist, made by the test that starts this: by the names of the fields that refer to them, and by the first word
# of the paths that name them.
RESOURCES = json.loads(os.environ.get("FUZZ_RESOURCES", '{"references": {}, "ids": {}}'))
EXISTING = RESOURCES["references"]

# Tokens that take turns instead of the one of the command line, which may do all: each with its title and what it may do,
# nothing ("refused"), or nothing about those resources ("stranger").
TOKENS = json.loads(os.environ.get("FUZZ_TOKENS", "[]"))
# Where is written, at the end, which operations each of them was tried with, by its title.
TRIED_FILE = os.environ.get("FUZZ_TRIED_FILE")
# The coverage phase makes the same cases in each run, many of each operation. One in so many of them is tried ...
COVERAGE_EVERY = int(os.environ.get("FUZZ_COVERAGE_EVERY", "1"))
# ... or, of each operation, so many right requests and so many wrong ones.
COVERAGE_FIRST = int(os.environ.get("FUZZ_COVERAGE_FIRST", "0"))
# Answered by the gateway without a token.
PUBLIC = {"/", "/healthz", "/openapi.json"}

# Fields of which the services demand more than the schemas say: that the resource exists, is live and of the same hotel,
# that dates follow each other, that a cursor is one, that the zone or the number is known; and what fields owe to each
# other, as rooms are named or counted by type: generated clients can make nothing of schemas that say it.
BEYOND_THE_SCHEMA = {
    *EXISTING,
    *(f"{name}s" for name in EXISTING),
    *("out_date", "to", "arriving_to", "departing_to", "deleted_from", "deleted_to", "show_deleted", "hold_until", "time_zone", "phone", "phone_country", "cursor", "from_now"),
    *("status", "room_count", "first_name", "etags", "cause", "max_lead_days", "source"),
    # Of words of 64 letters at most, one of which has something to find.
    "query",
    "guest_name",
}

_calls = itertools.count(1)
_covered = collections.Counter()
_turns = collections.Counter()
_tried = collections.defaultdict(set)


@schemathesis.hook
def filter_case(context, case):
    """
    Leaves out most of the coverage phase when not all is asked for; every way to make a request wrong is kept once. And
    what is wrong at most by a null, which counts as absent, or by its length with what is trimmed: no schema says either.
    """
    if not _is_as_documented(case, ParameterLocation.BODY) and (_has_null(case) or _has_more_than_is_kept(case)):
        return False
    if case.meta is None or case.meta.phase.name != TestPhase.COVERAGE:
        return True
    if COVERAGE_FIRST:
        kind = (case.operation.label, case.meta.generation.mode.is_positive)
        _covered[kind] += 1
        return _covered[kind] <= COVERAGE_FIRST
    data = case.meta.phase.data
    kind = (getattr(data, "scenario", None), getattr(data, "parameter_location", None))
    _covered[kind] += 1
    return COVERAGE_EVERY == 1 or _covered[kind] % COVERAGE_EVERY == 1


class TokensInTurn:
    """Gives each request of an operation the next of the tokens."""

    def get(self, case, context):
        operation = case.operation.label
        token = TOKENS[_turns[operation] % len(TOKENS)]
        _turns[operation] += 1
        _tried[token["title"]].add(operation)
        return token["token"]

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"


if TOKENS:
    schemathesis.auth(refresh_interval=None)(TokensInTurn)


@atexit.register
def _say_what_was_tried():
    if TRIED_FILE:
        with open(TRIED_FILE, "w", encoding="utf-8") as file:
            json.dump({title: sorted(operations) for title, operations in _tried.items()}, file)


@schemathesis.hook
def before_call(context, case, kwargs):
    """Gives most requests what lets them come past the first refusal: a new key, an etag that holds, ids that exist."""
    if _lacks_parameter(case):
        # Whatever is changed here makes schemathesis put back what it has left out.
        return
    if case.operation.path.endswith(":watch"):
        # A stream of events is read up to the first; one of lines would be waited for to its end.
        case.headers["accept"] = "text/event-stream"
    turn = next(_calls)
    if turn % 8 == 0:
        return
    if _is_as_documented(case, ParameterLocation.HEADER):
        if "idempotency-key" in case.headers:
            case.headers["idempotency-key"] = f"{case.headers['idempotency-key'][:200]}-{turn}"
        if "if-match" in case.headers:
            case.headers["if-match"] = "*"
        case.headers.pop("last-event-id", None)
    if _is_as_documented(case, ParameterLocation.PATH) and not _is_linked(case):
        ids = RESOURCES["ids"].get(re.match(r"/(\w*)", case.operation.path)[1])
        # Those of the path's own choice are unknown ones.
        if ids and "id" in case.path_parameters and turn % 8 != 1:
            case.path_parameters["id"] = ids[turn % len(ids)]
    if _is_as_documented(case, ParameterLocation.QUERY):
        _make_real(case.query, turn)
        # Those that were not answered open nothing.
        case.query.pop("page_token", None)
        case.query.pop("cursor", None)
    if _is_as_documented(case, ParameterLocation.BODY) and isinstance(case.body, dict):
        _make_real(case.body, turn)


def _is_as_documented(case, location):
    component = case.meta.components.get(location) if case.meta else None
    return component is None or component.mode.is_positive


def _has_null(case):
    return isinstance(case.body, dict) and None in case.body.values()


# What the services trim, as gateway/openapi/constraints.ts has it.
_TRIMMED = re.compile(
    "^[\\s\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8]"
    "|[\\s\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]$"
)


def _has_more_than_is_kept(case):
    texts = case.body.values() if isinstance(case.body, dict) else []
    return any(isinstance(text, str) and _TRIMMED.search(text) for text in texts)


def _lacks_parameter(case):
    data = case.meta.phase.data if case.meta else None
    return getattr(data, "scenario", None) == CoverageScenario.MISSING_PARAMETER


def _is_linked(case):
    return case.meta is not None and case.meta.phase.name == TestPhase.STATEFUL


def _make_real(values, turn):
    if values.get("etag"):
        values["etag"] = "*"
    for name, ids in EXISTING.items():
        if values.get(name):
            values[name] = ids[turn % len(ids)]
        if values.get(f"{name}s"):
            values[f"{name}s"] = [ids[turn % len(ids)], ids[(turn + 1) % len(ids)]]
    _make_rooms_agree(values)
    # Dates that follow each other, of a few nights: some from today, so that guests can check in.
    now = datetime.datetime.now(datetime.timezone.utc)
    if values.get("in_date") and values.get("out_date"):
        start = now.date() + datetime.timedelta(days=0 if turn % 3 == 0 else turn)
        values["in_date"] = start.isoformat()
        values["out_date"] = (start + datetime.timedelta(days=turn % 5)).isoformat()
    if values.get("hold_until"):
        values["hold_until"] = (now + datetime.timedelta(minutes=1 + turn % 9)).isoformat()


def _make_rooms_agree(values):
    """A new stay is in rooms that are named, the first of which may be named alone too, or in some of a type."""
    if values.get("room") and values.get("rooms"):
        values["room"] = values["rooms"][0]
    if "guest" not in values or "in_date" not in values:
        return
    if values.get("status"):
        values["status"] = "PENDING"
    if values.get("room") or values.get("rooms"):
        values.pop("room_type", None)
        values.pop("room_count", None)
    elif not values.get("room_type"):
        values["room"] = EXISTING["room"][0]
        values.pop("room_count", None)


@schemathesis.check
def reason_is_documented(ctx, response, case):
    """An error says one of the reasons that the document lists for its status in this operation."""
    responses = case.operation.definition.raw["responses"]
    documented = responses.get(str(response.status_code), {})
    if "$ref" in documented:
        name = documented["$ref"].rsplit("/", 1)[-1]
        documented = case.operation.schema.raw_schema["components"]["responses"][name]
    if "x-reasons" not in documented:
        return
    reason = response.json()["details"][0]["reason"]
    if reason not in documented["x-reasons"]:
        raise AssertionError(f"{reason} is not documented for {response.status_code}: {response.text}")


@schemathesis.check
def token_does_what_it_may(ctx, response, case):
    """A token that may do all is never refused, one that may do nothing always, and a stranger's is told of nothing there is."""
    if case.operation.path in PUBLIC:
        return
    if not TOKENS:
        # Other checks send requests without the token, or with another.
        if response.status_code == 403:
            raise AssertionError(f"Refused although the token may do all: {response.text}")
        return
    authorization = response.request.headers.get("Authorization")
    may = next((token["may"] for token in TOKENS if authorization == f"Bearer {token['token']}"), None)
    if may is not None and response.status_code < 300:
        told = [each for ids in _ids_of_others() for each in ids if each in response.text]
        if may == "refused" or told:
            raise AssertionError(f"Answered although the token may not: {response.text}")


def _ids_of_others():
    return [*RESOURCES["references"].values(), *RESOURCES["ids"].values()]


@schemathesis.check
def valid_request_is_refused_for_the_state_of_things(ctx, response, case):
    """Sharper than positive_data_acceptance: a request that keeps to the document is never wrong in the form of a field."""
    if TOKENS or response.status_code != 400 or case.meta is None or not case.meta.generation.mode.is_positive:
        return
    details = response.json()["details"]
    if details[0]["reason"] != "INVALID_FIELD":
        return
    wrong = {violation["field"] for detail in details for violation in detail.get("field_violations", [])}
    # What a mask names without a value is cleared, which a required field can not be.
    body = case.body if isinstance(case.body, dict) else {}
    mask = body.get("update_mask") or ""
    cleared = {name for name in (wrong if mask == "*" else mask.split(",")) if not body.get(name)}
    unexpected = wrong - BEYOND_THE_SCHEMA - cleared
    if unexpected or not wrong:
        raise AssertionError(f"The document allows what the service refuses, {sorted(unexpected)}: {response.text}")
