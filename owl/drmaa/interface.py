"""The C functions, each a few lines: take the arguments apart, call, fill the buffers.

Errors are raised as ``DrmaaError``; ``binding.py`` makes return codes of them.
"""

from __future__ import annotations

from owl.drmaa.attributes import SCALARS, VECTORS
from owl.drmaa.errors import DrmaaError, Errno
from owl.drmaa.jobs import Ending, ExitInfo
from owl.drmaa.library import Library
from owl.drmaa.memory import CData, Memory, StringVector
from owl.drmaa.places import BulkRange
from owl.drmaa.schedd import Action
from owl.drmaa.template import JobTemplate

_ACTIONS = (Action.SUSPEND, Action.RESUME, Action.HOLD, Action.RELEASE, Action.TERMINATE)
"""In the order of DRMAA_CONTROL_*."""

IMPLEMENTATION = "OWL DRMAA for HTCondor"


class Interface:
    """The functions of ``drmaa.h``, without their prefix."""

    def __init__(self, memory: Memory, library: Library) -> None:
        self._memory = memory
        self._library = library

    # Session.

    def init(self, contact: CData) -> None:
        """drmaa_init: NULL or an empty contact is the local schedd."""
        name = "" if self._memory.is_null(contact) else self._memory.text(contact, "contact")
        self._library.open(name)

    def exit(self) -> None:
        """drmaa_exit: wakes all threads that wait."""
        self._library.close()

    # Job templates.

    def _template(self, handle: CData) -> JobTemplate:
        template = self._library.templates.get(self._memory.number_of(handle))
        if template is None:
            raise DrmaaError(Errno.INVALID_ARGUMENT, "this is no job template, or it was deleted")
        return template

    def allocate_job_template(self, out: CData) -> None:
        """drmaa_allocate_job_template."""
        self._library.session()
        self._memory.need(out, "jt")
        self._memory.put_handle(out, self._library.templates.add(JobTemplate()))

    def delete_job_template(self, handle: CData) -> None:
        """drmaa_delete_job_template: also after the session has ended, so that nothing leaks."""
        if self._library.templates.drop(self._memory.number_of(handle)) is None:
            raise DrmaaError(Errno.INVALID_ARGUMENT, "this is no job template, or it was deleted already")

    def set_attribute(self, handle: CData, name: CData, value: CData) -> None:
        """drmaa_set_attribute."""
        template = self._template(handle)
        template.set_scalar(self._memory.text(name, "name"), self._memory.text(value, "value"))

    def get_attribute(self, handle: CData, name: CData, value: CData, length: int) -> None:
        """drmaa_get_attribute."""
        text = self._template(handle).scalar(self._memory.text(name, "name"))
        self._memory.put_text(value, length, text)

    def set_vector_attribute(self, handle: CData, name: CData, values: CData) -> None:
        """drmaa_set_vector_attribute."""
        template = self._template(handle)
        template.set_vector(self._memory.text(name, "name"), self._memory.texts(values, "value"))

    def get_vector_attribute(self, handle: CData, name: CData, out: CData) -> None:
        """drmaa_get_vector_attribute."""
        self._give_vector(out, self._template(handle).vector(self._memory.text(name, "name")))

    def get_attribute_names(self, out: CData) -> None:
        """drmaa_get_attribute_names."""
        self._library.session()
        self._give_vector(out, tuple(SCALARS))

    def get_vector_attribute_names(self, out: CData) -> None:
        """drmaa_get_vector_attribute_names."""
        self._library.session()
        self._give_vector(out, tuple(VECTORS))

    # String vectors.

    def _give_vector(self, out: CData, texts: tuple[str, ...]) -> None:
        self._memory.need(out, "the place for the values")
        self._memory.put_handle(out, self._library.vectors.add(StringVector(texts)))

    def next_text(self, handle: CData, value: CData, length: int) -> Errno | None:
        """drmaa_get_next_*: a handle that is none has no elements (a client reads until they end)."""
        vector = self._library.vectors.get(self._memory.number_of(handle))
        text = vector.next() if vector is not None else None
        if text is None:
            return Errno.NO_MORE_ELEMENTS
        self._memory.put_text(value, length, text)
        return None

    def number_of_texts(self, handle: CData, size: CData) -> None:
        """drmaa_get_num_*."""
        self._memory.need(size, "size")
        vector = self._library.vectors.get(self._memory.number_of(handle))
        if vector is None:
            raise DrmaaError(Errno.INVALID_ARGUMENT, "this is no string vector, or it was released")
        self._memory.put_number(size, len(vector))

    def release(self, handle: CData) -> None:
        """drmaa_release_*: NULL, or released before, is no harm."""
        self._library.vectors.drop(self._memory.number_of(handle))

    # Submission.

    def run_job(self, job_id: CData, length: int, handle: CData) -> None:
        """drmaa_run_job."""
        session = self._library.session()
        self._memory.need(job_id, "job_id")
        self._memory.put_text(job_id, length, session.run(self._template(handle))[0])

    def run_bulk_jobs(self, out: CData, handle: CData, start: int, end: int, incr: int) -> None:
        """drmaa_run_bulk_jobs."""
        session = self._library.session()
        self._memory.need(out, "jobids")
        template = self._template(handle)
        self._give_vector(out, tuple(session.run(template, BulkRange(start=start, end=end, incr=incr))))

    # Control and monitoring.

    def control(self, job_id: CData, action: int) -> None:
        """drmaa_control."""
        session = self._library.session()
        if not 0 <= action < len(_ACTIONS):
            raise DrmaaError(Errno.INVALID_ARGUMENT, f"{action} is no control action")
        session.control(self._memory.text(job_id, "jobid"), _ACTIONS[action])

    def job_ps(self, job_id: CData, state: CData) -> None:
        """drmaa_job_ps."""
        session = self._library.session()
        self._memory.need(state, "remote_ps")
        self._memory.put_number(state, session.state(self._memory.text(job_id, "job_id")))

    def synchronize(self, job_ids: CData, timeout: int, dispose: int) -> None:
        """drmaa_synchronize."""
        session = self._library.session()
        _check_timeout(timeout)
        session.synchronize(self._memory.texts(job_ids, "job_ids"), timeout, dispose=bool(dispose))

    def wait(self, job_id: CData, id_out: CData, id_len: int, stat: CData, timeout: int, rusage: CData) -> None:
        """drmaa_wait: every place for a result may be NULL."""
        session = self._library.session()
        _check_timeout(timeout)
        waited = session.wait(self._memory.text(job_id, "job_id"), timeout)
        self._memory.put_text(id_out, id_len, waited.job_id)
        self._memory.put_number(stat, waited.info.encode())
        if not self._memory.is_null(rusage):
            self._give_vector(rusage, waited.info.rusage)

    # How a job ended.

    def wifexited(self, out: CData, stat: int) -> None:
        """drmaa_wifexited."""
        self._answer(out, ExitInfo.decode(stat).ending is Ending.EXITED)

    def wexitstatus(self, out: CData, stat: int) -> None:
        """drmaa_wexitstatus: succeeds whatever the ending was (a client asks without looking)."""
        self._answer(out, ExitInfo.decode(stat).exit_status)

    def wifsignaled(self, out: CData, stat: int) -> None:
        """drmaa_wifsignaled."""
        self._answer(out, ExitInfo.decode(stat).ending is Ending.SIGNALED)

    def wtermsig(self, out: CData, length: int, stat: int) -> None:
        """drmaa_wtermsig: the signal's name."""
        info = ExitInfo.decode(stat)
        if info.ending is not Ending.SIGNALED:
            raise DrmaaError(Errno.INVALID_ARGUMENT, "the job was not ended by a signal")
        self._memory.put_text(out, length, info.signal_name)

    def wcoredump(self, out: CData, stat: int) -> None:
        """drmaa_wcoredump."""
        self._answer(out, ExitInfo.decode(stat).core)

    def wifaborted(self, out: CData, stat: int) -> None:
        """drmaa_wifaborted."""
        self._answer(out, ExitInfo.decode(stat).ending is Ending.ABORTED)

    def _answer(self, out: CData, value: int) -> None:
        self._memory.need(out, "the place for the answer")
        self._memory.put_number(out, int(value))

    # Auxiliary.

    def get_contact(self, out: CData, length: int) -> None:
        """drmaa_get_contact: the session's schedd, or the one that a session would get."""
        self._memory.put_text(out, length, self._library.contact())

    def version(self, major: CData, minor: CData) -> None:
        """drmaa_version: 1.0."""
        self._memory.put_number(major, 1)
        self._memory.put_number(minor, 0)

    def get_DRM_system(self, out: CData, length: int) -> None:  # noqa: N802 - the standard's name
        """drmaa_get_DRM_system: the session's schedd, or what the bindings are of."""
        self._memory.put_text(out, length, f"HTCondor {self._library.version()}")

    def get_DRMAA_implementation(self, out: CData, length: int) -> None:  # noqa: N802 - the standard's name
        """drmaa_get_DRMAA_implementation."""
        self._memory.put_text(out, length, f"{IMPLEMENTATION} (bindings of HTCondor {self._library.bindings()})")


def _check_timeout(timeout: int) -> None:
    if timeout < -1:
        raise DrmaaError(Errno.INVALID_ARGUMENT, f"timeout {timeout}: must be -1, 0 or a number of seconds")
