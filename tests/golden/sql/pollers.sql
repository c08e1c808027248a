-- beat
UPDATE poller SET kind=:kind, directory=:directory, host=:host, pid=:pid, started_at=:started_at, looked_at=:looked_at, stopped_at=:stopped_at, message=:message, facts=:facts WHERE poller.name = :name_1;

-- count_events
SELECT count(*) AS count_1
FROM poller_event;

SELECT count(*) AS count_1
FROM poller_event
WHERE poller_event.path LIKE :path_1 ESCAPE '\';

SELECT count(*) AS count_1
FROM poller_event
WHERE poller_event.poller = :poller_1;

SELECT count(*) AS count_1
FROM poller_event
WHERE poller_event.seen_at >= :seen_at_1;

SELECT count(*) AS count_1
FROM poller_event
WHERE poller_event.state IN (...);

-- counts
SELECT poller_event.poller, poller_event.state, count(*) AS count_1
FROM poller_event GROUP BY poller_event.poller, poller_event.state;

-- entries_of
SELECT TOP ... dpq.id, dpq.dataset, dpq.workflow, dpq.priority, dpq.campaign, dpq.parameters, dpq.state, dpq.created_at, dpq.created_by, dpq.run_id, dpq.attempts, dpq.not_before, dpq.ended_at, dpq.error, dpq.rescue_by, dpq.rescue_reason, dpq.rescue_owner, dpq.event_id
FROM dpq
WHERE dpq.event_id = :event_id_1 ORDER BY dpq.id;

-- event
SELECT poller_event.id, poller_event.poller, poller_event.path, poller_event.path_key, poller_event.size, poller_event.mtime_ns, poller_event.mark, poller_event.digest, poller_event.[identity], poller_event.state, poller_event.seen_at, poller_event.entries, poller_event.destination, poller_event.reason, poller_event.inserted_at, poller_event.settled_at
FROM poller_event
WHERE poller_event.id IN (...) ORDER BY poller_event.id;

-- events
SELECT poller_event.id, poller_event.poller, poller_event.path, poller_event.path_key, poller_event.size, poller_event.mtime_ns, poller_event.mark, poller_event.digest, poller_event.[identity], poller_event.state, poller_event.seen_at, poller_event.entries, poller_event.destination, poller_event.reason, poller_event.inserted_at, poller_event.settled_at
FROM poller_event
WHERE poller_event.path LIKE :path_1 ESCAPE '\' ORDER BY poller_event.id DESC
OFFSET :param_1 ROWS
FETCH FIRST :param_2 ROWS ONLY;

SELECT poller_event.id, poller_event.poller, poller_event.path, poller_event.path_key, poller_event.size, poller_event.mtime_ns, poller_event.mark, poller_event.digest, poller_event.[identity], poller_event.state, poller_event.seen_at, poller_event.entries, poller_event.destination, poller_event.reason, poller_event.inserted_at, poller_event.settled_at
FROM poller_event
WHERE poller_event.poller = :poller_1 ORDER BY poller_event.id DESC
OFFSET :param_1 ROWS
FETCH FIRST :param_2 ROWS ONLY;

SELECT poller_event.id, poller_event.poller, poller_event.path, poller_event.path_key, poller_event.size, poller_event.mtime_ns, poller_event.mark, poller_event.digest, poller_event.[identity], poller_event.state, poller_event.seen_at, poller_event.entries, poller_event.destination, poller_event.reason, poller_event.inserted_at, poller_event.settled_at
FROM poller_event
WHERE poller_event.seen_at >= :seen_at_1 ORDER BY poller_event.id DESC
OFFSET :param_1 ROWS
FETCH FIRST :param_2 ROWS ONLY;

SELECT poller_event.id, poller_event.poller, poller_event.path, poller_event.path_key, poller_event.size, poller_event.mtime_ns, poller_event.mark, poller_event.digest, poller_event.[identity], poller_event.state, poller_event.seen_at, poller_event.entries, poller_event.destination, poller_event.reason, poller_event.inserted_at, poller_event.settled_at
FROM poller_event
WHERE poller_event.state IN (...) ORDER BY poller_event.id DESC
OFFSET :param_1 ROWS
FETCH FIRST :param_2 ROWS ONLY;

SELECT poller_event.id, poller_event.poller, poller_event.path, poller_event.path_key, poller_event.size, poller_event.mtime_ns, poller_event.mark, poller_event.digest, poller_event.[identity], poller_event.state, poller_event.seen_at, poller_event.entries, poller_event.destination, poller_event.reason, poller_event.inserted_at, poller_event.settled_at
FROM poller_event ORDER BY poller_event.id DESC
OFFSET :param_1 ROWS
FETCH FIRST :param_2 ROWS ONLY;

-- find
SELECT poller.name, poller.kind, poller.directory, poller.host, poller.pid, poller.started_at, poller.looked_at, poller.stopped_at, poller.message, poller.facts, poller.paused_by, poller.paused_at, poller.pause_reason, poller.scan_asked_at, poller.scan_asked_by
FROM poller ORDER BY poller.name;

-- get
SELECT poller.name, poller.kind, poller.directory, poller.host, poller.pid, poller.started_at, poller.looked_at, poller.stopped_at, poller.message, poller.facts, poller.paused_by, poller.paused_at, poller.pause_reason, poller.scan_asked_at, poller.scan_asked_by
FROM poller
WHERE poller.name = :name_1;

-- inserted_since
SELECT poller_event.poller, sum(poller_event.entries) AS sum_1, max(poller_event.seen_at) AS max_1
FROM poller_event
WHERE poller_event.seen_at >= :seen_at_1 GROUP BY poller_event.poller;

-- look
SELECT poller.name, poller.kind, poller.directory, poller.host, poller.pid, poller.started_at, poller.looked_at, poller.stopped_at, poller.message, poller.facts, poller.paused_by, poller.paused_at, poller.pause_reason, poller.scan_asked_at, poller.scan_asked_by
FROM poller
WHERE poller.name = :name_1;

-- note
UPDATE poller_event SET reason=:reason WHERE poller_event.id = :id_1;

-- of_identities
SELECT poller_event.id, poller_event.poller, poller_event.path, poller_event.path_key, poller_event.size, poller_event.mtime_ns, poller_event.mark, poller_event.digest, poller_event.[identity], poller_event.state, poller_event.seen_at, poller_event.entries, poller_event.destination, poller_event.reason, poller_event.inserted_at, poller_event.settled_at
FROM poller_event
WHERE poller_event.[identity] IN (...) ORDER BY poller_event.id;

-- of_paths
SELECT poller_event.id, poller_event.poller, poller_event.path, poller_event.path_key, poller_event.size, poller_event.mtime_ns, poller_event.mark, poller_event.digest, poller_event.[identity], poller_event.state, poller_event.seen_at, poller_event.entries, poller_event.destination, poller_event.reason, poller_event.inserted_at, poller_event.settled_at
FROM poller_event
WHERE poller_event.path_key IN (...);

-- record
INSERT INTO dpq (dataset, workflow, priority, campaign, parameters, state, created_at, created_by, attempts, not_before, event_id) VALUES (:dataset, :workflow, :priority, :campaign, :parameters, :state, :created_at, :created_by, :attempts, :not_before, :event_id);

INSERT INTO poller_event (poller, path, path_key, size, mtime_ns, mark, digest, [identity], state, seen_at, entries, destination, reason, inserted_at, settled_at) OUTPUT inserted.[identity], inserted.id VALUES (:poller, :path, :path_key, :size, :mtime_ns, :mark, :digest, :identity, :state, :seen_at, :entries, :destination, :reason, :inserted_at, :settled_at);

SELECT poller_event.id, poller_event.poller, poller_event.path, poller_event.path_key, poller_event.size, poller_event.mtime_ns, poller_event.mark, poller_event.digest, poller_event.[identity], poller_event.state, poller_event.seen_at, poller_event.entries, poller_event.destination, poller_event.reason, poller_event.inserted_at, poller_event.settled_at
FROM poller_event
WHERE poller_event.[identity] IN (...) ORDER BY poller_event.id;

UPDATE poller_event SET mark=:mark, state=:state, entries=:entries, destination=:destination, reason=:reason, inserted_at=:inserted_at, settled_at=:settled_at WHERE poller_event.id = :id_1 AND poller_event.state = :state_1;

-- retry
UPDATE poller_event SET state=:state, settled_at=:settled_at WHERE poller_event.id IN (...) AND poller_event.state IN (...);

-- scanned
UPDATE poller SET scan_asked_at=:scan_asked_at, scan_asked_by=:scan_asked_by WHERE poller.name = :name_1 AND poller.scan_asked_at = :scan_asked_at_1;

-- settle
UPDATE dpq SET not_before=:not_before WHERE dpq.event_id IN (...) AND dpq.state = :state_1 AND dpq.not_before IS NOT NULL;

UPDATE poller_event SET state=:state, settled_at=:settled_at WHERE poller_event.id IN (...) AND poller_event.state IN (...);

-- stopped
UPDATE poller SET stopped_at=:stopped_at WHERE poller.name = :name_1 AND poller.host = :host_1 AND poller.pid = :pid_1;

-- unsettled
SELECT TOP ... poller_event.id, poller_event.poller, poller_event.path, poller_event.path_key, poller_event.size, poller_event.mtime_ns, poller_event.mark, poller_event.digest, poller_event.[identity], poller_event.state, poller_event.seen_at, poller_event.entries, poller_event.destination, poller_event.reason, poller_event.inserted_at, poller_event.settled_at
FROM poller_event
WHERE poller_event.poller = :poller_1 AND poller_event.state IN (...) AND poller_event.id > :id_1 ORDER BY poller_event.id;

-- want
UPDATE poller SET paused_by=:paused_by WHERE poller.name = :name_1;
