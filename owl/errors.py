"""Every error that OWL raises for people: one base, one exit code, one line.

The first line of a message says what is wrong, where, and what to do. `UserError` is the user's to mend
(exit code 2), `OperationError` is the system's (exit code 1).
"""

from __future__ import annotations


class OwlError(Exception):
    """Something went wrong in OWL."""

    exit_code = 1

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message if message is not None else (type(self).__doc__ or "").splitlines()[0])


class UserError(OwlError):
    """The request can't be carried out as it was given."""

    exit_code = 2


class OperationError(OwlError):
    """A part of the system didn't do what it should."""


class InvalidName(UserError):
    """A dataset, workflow, campaign or parameter isn't named as it must be."""


class InvalidSetting(UserError):
    """A setting in owl.toml, the environment or the command line isn't valid."""


class InvalidFilter(UserError):
    """A filter, a sort or a page that can't be read."""


class InvalidPassword(UserError):
    """A password that isn't good enough."""


class UnknownWorkflow(UserError):
    """There is no such workflow."""


class TemplateError(UserError):
    """A template can't be rendered."""


class CheckFailed(UserError):
    """HTCondor can't parse what a template renders to."""


class NotFound(UserError):
    """There is nothing of that name or number."""


class DuplicateRequest(UserError):
    """The same dataset and workflow are waiting already."""


class NotAllowed(UserError):
    """The state that it is in doesn't allow this."""


class AlreadyRunning(UserError):
    """Another daemon of the same kind runs here already."""


class DatabaseError(OperationError):
    """The database refused a statement."""


class DatabaseAway(DatabaseError):
    """The database can't be reached."""


class CatalogueAway(DatabaseAway):
    """The archive's catalogue can't be reached."""


class SchemaOutdated(OperationError):
    """The database's schema isn't this version's: run `owl db upgrade`."""


class SubmitFailed(OperationError):
    """HTCondor didn't take the workflow."""


class ScheddAway(OperationError):
    """The schedd can't be reached."""


class StorageError(OperationError):
    """A file or directory can't be written or read."""


class PoolError(OperationError):
    """The personal HTCondor pool doesn't do what it should."""
