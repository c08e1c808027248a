"""The tables of what comes in: pollers, their file events, associations."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, Unicode, UnicodeText

from owl.db.metadata import SERIAL, metadata
from owl.db.types import NAME_LENGTH, JsonText, Name, StateText, UtcDateTime
from owl.intake import AssociationState, EventState, Remake

poller = Table(
    "poller",
    metadata,
    Column("name", Name(), primary_key=True),
    Column("kind", Unicode(60), nullable=False),
    Column("directory", UnicodeText, nullable=False),
    Column("host", Unicode(NAME_LENGTH), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("looked_at", UtcDateTime, nullable=False),
    Column("stopped_at", UtcDateTime),
    Column("message", UnicodeText, nullable=False, server_default=""),
    Column("facts", JsonText, nullable=False),
    Column("paused_by", Unicode(NAME_LENGTH)),
    Column("paused_at", UtcDateTime),
    Column("pause_reason", UnicodeText, nullable=False, server_default=""),
    Column("scan_asked_at", UtcDateTime),
    Column("scan_asked_by", Unicode(NAME_LENGTH)),
)

poller_event = Table(
    "poller_event",
    metadata,
    Column("id", SERIAL, primary_key=True, autoincrement=True),
    Column("poller", Name(), nullable=False),
    Column("path", UnicodeText, nullable=False),
    # A path is longer than an index key may be, and file names differ by case where a database's text doesn't.
    Column("path_key", Unicode(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("mark", Unicode(64), nullable=False),
    Column("digest", Unicode(64), nullable=False),
    Column("identity", Unicode(64), nullable=False),
    Column("state", StateText(EventState), nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("entries", Integer, nullable=False, server_default="0"),
    Column("destination", UnicodeText, nullable=False, server_default=""),
    Column("reason", UnicodeText, nullable=False, server_default=""),
    Column("inserted_at", UtcDateTime),
    Column("settled_at", UtcDateTime),
)
# Two pollers on one directory, or two processes of one: whoever inserts the event first has it.
Index("uq_poller_event_identity", poller_event.c.identity, unique=True)
Index("ix_poller_event_path_key", poller_event.c.path_key)
Index("ix_poller_event_poller", poller_event.c.poller, poller_event.c.state, poller_event.c.id)

association = Table(
    "association",
    metadata,
    Column("name", Name(), primary_key=True),
    Column("workflow", Name(), nullable=False),
    Column("member_workflow", Name(), nullable=False),
    Column("state", StateText(AssociationState), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", Unicode(NAME_LENGTH), nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("campaign", Name(), nullable=False, server_default=""),
    Column("parameters", JsonText, nullable=False),
    Column("member_parameter", Unicode(NAME_LENGTH), nullable=False),
    Column("deadline", UtcDateTime),
    Column("at_least", Integer, nullable=False),
    Column("remake", StateText(Remake), nullable=False),
    Column("watched", Boolean(create_constraint=False), nullable=False),
    Column("round", Integer, nullable=False),
    Column("entry_id", BigInteger),
    Column("event_id", BigInteger),
    Column("reason", UnicodeText, nullable=False, server_default=""),
)
Index("ix_association_watched", association.c.watched, association.c.state)

association_member = Table(
    "association_member",
    metadata,
    Column("association", Name(), ForeignKey("association.name"), primary_key=True),
    Column("dataset", Name(), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("used_id", BigInteger),
)
Index("ix_association_member_dataset", association_member.c.dataset)
