"""From job template to submit description."""

from __future__ import annotations

from dataclasses import replace

import pytest

from owl.drmaa.description import describe
from owl.drmaa.errors import DrmaaError, Errno
from owl.drmaa.places import BulkRange, Context
from owl.drmaa.template import JobTemplate

CONTEXT = Context(
    session="tag",
    submission="7",
    categories={"long": "request_memory = 4GB; +Long = true"},
    cwd="/here",
    home="/home/me",
)


def template(**scalars: str) -> JobTemplate:
    made = JobTemplate()
    made.set_scalar("drmaa_remote_command", "/bin/prog")
    for name, value in scalars.items():
        made.set_scalar(f"drmaa_{name}", value)
    return made


def described(made: JobTemplate, bulk: BulkRange | None = None) -> dict[str, str]:
    lines = describe(made, CONTEXT, bulk).splitlines()
    return dict((line.split(" = ", 1)[0], line.split(" = ", 1)[1]) for line in lines)


def test_the_least_template() -> None:
    found = described(template())
    assert found["executable"] == "/bin/prog"
    assert found["transfer_executable"] == "false"
    assert found["initialdir"] == "/here"
    assert found["My.DrmaaSession"] == '"tag"'


def test_a_template_without_a_command_is_refused() -> None:
    with pytest.raises(DrmaaError) as caught:
        describe(JobTemplate(), CONTEXT)
    assert caught.value.code is Errno.INVALID_ATTRIBUTE_VALUE


def test_a_relative_command_is_relative_to_the_working_directory() -> None:
    assert described(template(remote_command="bin/x", wd="/data"))["executable"] == "/data/bin/x"


def test_placeholders() -> None:
    found = described(
        template(
            wd="$drmaa_hd_ph$/w$drmaa_incr_ph$",
            output_path=":$drmaa_wd_ph$/o.$drmaa_incr_ph$",
            error_path="host:$drmaa_hd_ph$/e",
            input_path=":in",
        ),
        BulkRange(start=2, end=6, incr=2),
    )
    assert found["initialdir"] == "/home/me/w$(drmaa_index)"
    assert found["output"] == "/home/me/w$(drmaa_index)/o.$(drmaa_index)"
    assert found["error"] == "/home/me/e"
    assert found["input"] == "/home/me/w$(drmaa_index)/in"
    assert found["drmaa_offset"] == "2 + $(Process) * 2"
    assert found["drmaa_index"] == "$INT(drmaa_offset)"


def test_joined_files_go_where_output_goes() -> None:
    found = described(template(output_path=":/o", error_path=":/e", join_files="y"))
    assert (found["output"], found["error"]) == ("/o", "/o")


def test_the_native_specification_wins_over_the_template() -> None:
    made = template(output_path=":/o", native_specification="stdout = /mine; arguments = a b")
    made.set_vector("drmaa_v_argv", ["x"])
    found = described(made)
    assert found["stdout"] == "/mine"
    assert "output" not in found
    assert found["arguments"] == "a b"
    assert "My.Arguments" not in found


def test_the_native_specification_cannot_take_the_session_away() -> None:
    made = template(native_specification='+DrmaaSession = "other"')
    assert described(made)["My.DrmaaSession"] == '"tag"'


def test_the_environments_are_merged_with_the_native_one_last() -> None:
    made = template(native_specification="environment = \"B=2 C='x y'\"\ngetenv = PATH,HOME\n")
    made.set_vector("drmaa_v_env", ["A=1 $(X)", "B=1"])
    found = described(made)
    assert found["environment"] == "\"A='1 $(DOLLAR)(X)' B=1 B=2 C='x y'\""
    assert found["getenv"] == "PATH,HOME"
    assert "My.Environment" not in found


def test_the_callers_variables_are_the_weakest() -> None:
    context = replace(CONTEXT, variables={"HOME": "/h", "PATH": "/bin"})
    made = template()
    made.set_vector("drmaa_v_env", ["PATH=/mine"])
    assert 'My.Environment = "HOME=/h PATH=/mine"\n' in describe(made, context)


def test_an_environment_alone_may_hold_line_breaks() -> None:
    made = template()
    made.set_vector("drmaa_v_env", ["A=1\n2"])
    assert described(made)["My.Environment"] == 'strcat("A=\'1", formatTime(0, "%n"), "2\'")'


def test_the_job_category_comes_before_the_native_specification() -> None:
    found = described(template(job_category="long", native_specification="request_memory = 1GB"))
    assert (found["request_memory"], found["+Long"]) == ("1GB", "true")


def test_an_unknown_category_is_refused() -> None:
    with pytest.raises(DrmaaError) as caught:
        described(template(job_category="short"))
    assert caught.value.code is Errno.INVALID_ATTRIBUTE_VALUE


def test_a_soft_limit_above_the_hard_one_is_a_conflict() -> None:
    with pytest.raises(DrmaaError) as caught:
        described(template(wct_hlimit="10", wct_slimit="20"))
    assert caught.value.code is Errno.CONFLICTING_ATTRIBUTE_VALUES


def test_an_empty_limit_is_not_set() -> None:
    assert "JobCurrentStartDate" not in described(template(wct_hlimit=""))["periodic_remove"]


def test_mail_is_sent_unless_it_is_blocked() -> None:
    made = template()
    made.set_vector("drmaa_v_email", ["a@b", "c"])
    assert (described(made)["notification"], described(made)["notify_user"]) == ("Complete", "a@b,c")
    made.set_scalar("drmaa_block_email", "1")
    assert described(made)["notification"] == "Never"


@pytest.mark.parametrize(("start", "end", "incr"), [(0, 3, 1), (3, 1, 1), (1, 3, 0), (1, 3, -1)])
def test_a_bulk_range_that_makes_no_sense_is_refused(start: int, end: int, incr: int) -> None:
    with pytest.raises(DrmaaError) as caught:
        BulkRange(start=start, end=end, incr=incr)
    assert caught.value.code is Errno.INVALID_ARGUMENT


@pytest.mark.parametrize(("start", "end", "incr", "count"), [(1, 1, 1, 1), (1, 10, 3, 4), (3, 11, 2, 5)])
def test_the_number_of_jobs_in_a_bulk(start: int, end: int, incr: int, count: int) -> None:
    assert BulkRange(start=start, end=end, incr=incr).count == count


def test_a_deadline_before_the_start_is_a_conflict() -> None:
    with pytest.raises(DrmaaError) as caught:
        described(template(start_time="2030/01/02 00:00", deadline_time="2030/01/01 00:00"))
    assert caught.value.code is Errno.CONFLICTING_ATTRIBUTE_VALUES
