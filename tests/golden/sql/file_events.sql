-- count
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

-- find
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

-- get
SELECT poller_event.id, poller_event.poller, poller_event.path, poller_event.path_key, poller_event.size, poller_event.mtime_ns, poller_event.mark, poller_event.digest, poller_event.[identity], poller_event.state, poller_event.seen_at, poller_event.entries, poller_event.destination, poller_event.reason, poller_event.inserted_at, poller_event.settled_at
FROM poller_event
WHERE poller_event.id IN (...) ORDER BY poller_event.id;

-- inserted_since
SELECT poller_event.poller, sum(poller_event.entries) AS sum_1, max(poller_event.seen_at) AS max_1
FROM poller_event
WHERE poller_event.seen_at >= :seen_at_1 GROUP BY poller_event.poller;

-- of_identities
SELECT poller_event.id, poller_event.poller, poller_event.path, poller_event.path_key, poller_event.size, poller_event.mtime_ns, poller_event.mark, poller_event.digest, poller_event.[identity], poller_event.state, poller_event.seen_at, poller_event.entries, poller_event.destination, poller_event.reason, poller_event.inserted_at, poller_event.settled_at
FROM poller_event
WHERE poller_event.[identity] IN (...) ORDER BY poller_event.id;

-- of_paths
SELECT poller_event.id, poller_event.poller, poller_event.path, poller_event.path_key, poller_event.size, poller_event.mtime_ns, poller_event.mark, poller_event.digest, poller_event.[identity], poller_event.state, poller_event.seen_at, poller_event.entries, poller_event.destination, poller_event.reason, poller_event.inserted_at, poller_event.settled_at
FROM poller_event
WHERE poller_event.path_key IN (...);

-- unsettled
SELECT TOP ... poller_event.id, poller_event.poller, poller_event.path, poller_event.path_key, poller_event.size, poller_event.mtime_ns, poller_event.mark, poller_event.digest, poller_event.[identity], poller_event.state, poller_event.seen_at, poller_event.entries, poller_event.destination, poller_event.reason, poller_event.inserted_at, poller_event.settled_at
FROM poller_event
WHERE poller_event.poller = :poller_1 AND poller_event.state IN (...) AND poller_event.id > :id_1 ORDER BY poller_event.id;
