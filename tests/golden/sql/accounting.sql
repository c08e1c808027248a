-- arrived
SELECT DISTINCT dpq.dataset
FROM dpq JOIN poller_event ON poller_event.id = dpq.event_id
WHERE dpq.dataset LIKE :dataset_1 ESCAPE '\' AND dpq.workflow = :workflow_1 ORDER BY dpq.dataset;

SELECT DISTINCT dpq.dataset
FROM dpq JOIN poller_event ON poller_event.id = dpq.event_id
WHERE dpq.dataset LIKE :dataset_1 ESCAPE '\' AND poller_event.seen_at >= :seen_at_1 ORDER BY dpq.dataset;

SELECT DISTINCT dpq.dataset
FROM dpq JOIN poller_event ON poller_event.id = dpq.event_id
WHERE dpq.dataset LIKE :dataset_1 ESCAPE '\' ORDER BY dpq.dataset;

-- known
SELECT dpq.dataset, dpq.id AS entry_id, dpq.state, dpq.workflow, dpq.run_id, dpq.ended_at, dpq.error, done.id AS done_id, poller_event.seen_at AS arrived_at, poller_event.path
FROM dpq JOIN (SELECT max(dpq.id) AS id
FROM dpq
WHERE dpq.dataset IN (...) AND dpq.workflow = :workflow_1 GROUP BY dpq.dataset) AS last ON dpq.id = last.id LEFT OUTER JOIN (SELECT dpq.dataset AS dataset, max(dpq.id) AS id
FROM dpq
WHERE dpq.dataset IN (...) AND dpq.workflow = :workflow_1 AND dpq.state = :state_1 GROUP BY dpq.dataset) AS done ON done.dataset = dpq.dataset LEFT OUTER JOIN poller_event ON poller_event.id = dpq.event_id;

-- rejected
SELECT poller_event.id, poller_event.path, poller_event.reason
FROM poller_event
WHERE poller_event.state IN (...) ORDER BY poller_event.id;
