"""From a job template to a submit description: pure, no HTCondor needed.

What the native specification says comes last and wins, command by command. The environment
is merged: the template's variables first, then those of the native specification, of which
HTCondor takes the later; ``getenv`` keeps its meaning and is the weakest.
"""

from __future__ import annotations

from owl.drmaa.errors import DrmaaError, Errno
from owl.drmaa.nativespec import Command, canonical, parse_native
from owl.drmaa.places import INDEX, BulkRange, Context, Places
from owl.drmaa.quoting import (
    classad_string,
    environment_contents,
    literal,
    submit_quoted,
    variable_token,
)
from owl.drmaa.template import JobTemplate
from owl.drmaa.times import parse_duration, parse_partial_time

SESSION_ATTRIBUTE = "DrmaaSession"
"""The job attribute that names the session which submitted the job."""

SUBMISSION_ATTRIBUTE = "DrmaaSubmission"
"""The job attribute that names the submission: whether it took place can be asked by it."""

START_FAILURES = (6, 7, 8, 9, 10, 12, 13, 14)
"""HoldReasonCode of jobs that could not start or whose files could not be opened or moved
(HTCondor manual, "Job ClassAd attributes", HoldReasonCode). For DRMAA such a job has failed."""

_REPLACES = {"arguments": "my.arguments"}
"""Submit commands of a native specification that replace an attribute set in another way."""


def describe(template: JobTemplate, context: Context, bulk: BulkRange | None = None) -> str:
    """The submit description, without its queue statement.

    Raises:
        DrmaaError: INVALID_ATTRIBUTE_VALUE, CONFLICTING_ATTRIBUTE_VALUES.
    """
    places = Places(template=template, context=context, bulk=bulk)
    natives = (*_category(template, context), *parse_native(template.scalar("drmaa_native_specification")))
    ours = [*places.program(), *places.files(), *_mail(template), *_state(template), *_limits(template)]
    commands = {canonical(one.key): one for one in ours}
    for one in _environment(template, context, natives, bulk):
        commands[canonical(one.key)] = one
    for one in natives:
        key = canonical(one.key)
        if key == "environment":
            continue
        commands.pop(_REPLACES.get(key, ""), None)
        commands[key] = one
    for tag in (
        Command(key=f"My.{SESSION_ATTRIBUTE}", value=classad_string(context.session)),
        Command(key=f"My.{SUBMISSION_ATTRIBUTE}", value=classad_string(context.submission)),
    ):
        commands[canonical(tag.key)] = tag
    return "\n".join(f"{one.key} = {one.value}" for one in commands.values()) + "\n"


def _category(template: JobTemplate, context: Context) -> tuple[Command, ...]:
    name = template.scalar("drmaa_job_category")
    if not name:
        return ()
    if name not in context.categories:
        known = ", ".join(sorted(context.categories)) or "none is configured"
        raise DrmaaError(Errno.INVALID_ATTRIBUTE_VALUE, f"job category {name!r} is unknown; known: {known}")
    return parse_native(context.categories[name])


def _environment(
    template: JobTemplate, context: Context, natives: tuple[Command, ...], bulk: BulkRange | None
) -> list[Command]:
    """The template's variables and those of the native specification in one command.

    Where the native specification says nothing about the environment it is set as the job's
    attribute, in which a value may hold anything. Where it does, HTCondor has to put the parts
    together, and a line break in a value can't be passed.
    """
    variables = " ".join(variable_token(one) for one in _variables(template, context))
    index = f" DRMAA_JOB_INDEX={INDEX}" if bulk is not None else ""
    theirs = [environment_contents(one.value) for one in natives if canonical(one.key) == "environment"]
    if theirs or any(canonical(one.key) == "getenv" for one in natives):
        merged = " ".join([literal(variables) + index, *theirs]).strip()
        return [Command(key="environment", value=submit_quoted(merged))] if merged else []
    if not variables and not index:
        return []
    if index:
        merged = (literal(variables) + index).strip()
        return [Command(key="environment", value=submit_quoted(merged))]
    return [Command(key="My.Environment", value=classad_string(variables))]


def _variables(template: JobTemplate, context: Context) -> list[str]:
    """``NAME=value``: the caller's own variables that every job gets, then the template's."""
    given = template.vector("drmaa_v_env")
    named = {one.partition("=")[0] for one in given}
    return [f"{name}={value}" for name, value in context.variables.items() if name not in named] + list(given)


def _mail(template: JobTemplate) -> list[Command]:
    addresses = template.vector("drmaa_v_email")
    blocked = template.scalar("drmaa_block_email") == "1"
    found = []
    if addresses:
        found.append(Command(key="notify_user", value=literal(",".join(addresses))))
    if blocked or addresses:
        found.append(Command(key="notification", value="Never" if blocked else "Complete"))
    return found


def _state(template: JobTemplate) -> list[Command]:
    found = []
    if template.scalar("drmaa_js_state") == "drmaa_hold":
        found.append(Command(key="hold", value="true"))
    start = parse_partial_time(template.scalar("drmaa_start_time"))
    if start is not None:
        found.append(Command(key="deferral_time", value=str(start)))
        # A job whose machine comes late runs late; by HTCondor's own default it would be held.
        found.append(Command(key="deferral_window", value="2147483647"))
        found.append(Command(key="deferral_prep_time", value="60"))
    return found


def _limits(template: JobTemplate) -> list[Command]:
    """Hard limits end the job; soft ones are an estimate, which HTCondor heeds when it preempts."""
    hard_wall = parse_duration(template.scalar("drmaa_wct_hlimit"))
    hard_run = parse_duration(template.scalar("drmaa_duration_hlimit"))
    deadline = parse_partial_time(template.scalar("drmaa_deadline_time"))
    start = parse_partial_time(template.scalar("drmaa_start_time"))
    if start is not None and deadline is not None and deadline <= start:
        raise DrmaaError(
            Errno.CONFLICTING_ATTRIBUTE_VALUES, "drmaa_deadline_time is not later than drmaa_start_time"
        )
    soft_wall = parse_duration(template.scalar("drmaa_wct_slimit"))
    soft_run = parse_duration(template.scalar("drmaa_duration_slimit"))
    _check_soft(soft_wall, hard_wall, "drmaa_wct")
    _check_soft(soft_run, hard_run, "drmaa_duration")
    codes = ", ".join(map(str, START_FAILURES))
    reasons = [f"(JobStatus == 5 && member(HoldReasonCode, {{{codes}}}))"]
    elapsed = "time() - JobCurrentStartDate"
    if hard_wall is not None:
        reasons.append(f"((JobStatus == 2 || JobStatus == 7) && ({elapsed} > {hard_wall}))")
    if hard_run is not None:
        reasons.append(f"(JobStatus == 2 && ({elapsed} - (CumulativeSuspensionTime ?: 0) > {hard_run}))")
    if deadline is not None:
        reasons.append(f"(time() > {deadline})")
    found = [Command(key="periodic_remove", value=" || ".join(reasons))]
    soft = max((one for one in (soft_wall, soft_run) if one is not None), default=None)
    if soft is not None:
        found.append(Command(key="max_job_retirement_time", value=str(soft)))
    return found


def _check_soft(soft: int | None, hard: int | None, name: str) -> None:
    if soft is not None and hard is not None and soft > hard:
        raise DrmaaError(
            Errno.CONFLICTING_ATTRIBUTE_VALUES,
            f"{name}_slimit ({soft} s) is greater than {name}_hlimit ({hard} s)",
        )
