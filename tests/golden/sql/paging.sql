-- matching
SELECT TOP ... whole.id
FROM (SELECT anon_1.id AS id, anon_1.created_at AS created_at
FROM (SELECT TOP ... run.id AS id, run.created_at AS created_at
FROM run
WHERE run.state = :state_1 ORDER BY run.created_at DESC, run.id DESC) AS anon_1 UNION ALL SELECT anon_2.id AS id, anon_2.created_at AS created_at
FROM (SELECT TOP ... run.id AS id, run.created_at AS created_at
FROM run
WHERE run.state = :state_2 ORDER BY run.created_at DESC, run.id DESC) AS anon_2 UNION ALL SELECT anon_3.id AS id, anon_3.created_at AS created_at
FROM (SELECT TOP ... run.id AS id, run.created_at AS created_at
FROM run
WHERE run.state = :state_3 ORDER BY run.created_at DESC, run.id DESC) AS anon_3) AS whole ORDER BY whole.created_at DESC, whole.id DESC;

-- page
SELECT TOP ... audit.id
FROM audit
WHERE lower(audit.actor) LIKE lower(:param_2) ESCAPE '\' OR lower(audit.scope) LIKE lower(:param_3) ESCAPE '\' OR lower(audit.result) LIKE lower(:param_4) ESCAPE '\' ORDER BY audit.id DESC;

SELECT TOP ... command.id
FROM command
WHERE lower(command.scope) LIKE lower(:param_2) ESCAPE '\' OR lower(command.run_id) LIKE lower(:param_3) ESCAPE '\' OR lower(command.reason) LIKE lower(:param_4) ESCAPE '\' OR lower(command.requested_by) LIKE lower(:param_5) ESCAPE '\' ORDER BY command.id DESC;

SELECT TOP ... whole.id
FROM (SELECT anon_1.id AS id, anon_1.created_at AS created_at
FROM (SELECT TOP ... run.id AS id, run.created_at AS created_at
FROM run
WHERE run.state = :state_1 AND (lower(run.dataset) LIKE lower(:param_3) ESCAPE '\' OR lower(run.workflow) LIKE lower(:param_4) ESCAPE '\' OR lower(run.campaign) LIKE lower(:param_5) ESCAPE '\' OR lower(run.id) LIKE lower(:param_6) ESCAPE '\') ORDER BY run.created_at DESC, run.id DESC) AS anon_1 UNION ALL SELECT anon_2.id AS id, anon_2.created_at AS created_at
FROM (SELECT TOP ... run.id AS id, run.created_at AS created_at
FROM run
WHERE run.state = :state_2 AND (lower(run.dataset) LIKE lower(:param_3) ESCAPE '\' OR lower(run.workflow) LIKE lower(:param_4) ESCAPE '\' OR lower(run.campaign) LIKE lower(:param_5) ESCAPE '\' OR lower(run.id) LIKE lower(:param_6) ESCAPE '\') ORDER BY run.created_at DESC, run.id DESC) AS anon_2 UNION ALL SELECT anon_3.id AS id, anon_3.created_at AS created_at
FROM (SELECT TOP ... run.id AS id, run.created_at AS created_at
FROM run
WHERE run.state = :state_3 AND (lower(run.dataset) LIKE lower(:param_3) ESCAPE '\' OR lower(run.workflow) LIKE lower(:param_4) ESCAPE '\' OR lower(run.campaign) LIKE lower(:param_5) ESCAPE '\' OR lower(run.id) LIKE lower(:param_6) ESCAPE '\') ORDER BY run.created_at DESC, run.id DESC) AS anon_3 UNION ALL SELECT anon_4.id AS id, anon_4.created_at AS created_at
FROM (SELECT TOP ... run.id AS id, run.created_at AS created_at
FROM run
WHERE run.state = :state_4 AND (lower(run.dataset) LIKE lower(:param_3) ESCAPE '\' OR lower(run.workflow) LIKE lower(:param_4) ESCAPE '\' OR lower(run.campaign) LIKE lower(:param_5) ESCAPE '\' OR lower(run.id) LIKE lower(:param_6) ESCAPE '\') ORDER BY run.created_at DESC, run.id DESC) AS anon_4 UNION ALL SELECT anon_5.id AS id, anon_5.created_at AS created_at
FROM (SELECT TOP ... run.id AS id, run.created_at AS created_at
FROM run
WHERE run.state = :state_5 AND (lower(run.dataset) LIKE lower(:param_3) ESCAPE '\' OR lower(run.workflow) LIKE lower(:param_4) ESCAPE '\' OR lower(run.campaign) LIKE lower(:param_5) ESCAPE '\' OR lower(run.id) LIKE lower(:param_6) ESCAPE '\') ORDER BY run.created_at DESC, run.id DESC) AS anon_5 UNION ALL SELECT anon_6.id AS id, anon_6.created_at AS created_at
FROM (SELECT TOP ... run.id AS id, run.created_at AS created_at
FROM run
WHERE run.state = :state_6 AND (lower(run.dataset) LIKE lower(:param_3) ESCAPE '\' OR lower(run.workflow) LIKE lower(:param_4) ESCAPE '\' OR lower(run.campaign) LIKE lower(:param_5) ESCAPE '\' OR lower(run.id) LIKE lower(:param_6) ESCAPE '\') ORDER BY run.created_at DESC, run.id DESC) AS anon_6 UNION ALL SELECT anon_7.id AS id, anon_7.created_at AS created_at
FROM (SELECT TOP ... run.id AS id, run.created_at AS created_at
FROM run
WHERE run.state = :state_7 AND (lower(run.dataset) LIKE lower(:param_3) ESCAPE '\' OR lower(run.workflow) LIKE lower(:param_4) ESCAPE '\' OR lower(run.campaign) LIKE lower(:param_5) ESCAPE '\' OR lower(run.id) LIKE lower(:param_6) ESCAPE '\') ORDER BY run.created_at DESC, run.id DESC) AS anon_7 UNION ALL SELECT anon_8.id AS id, anon_8.created_at AS created_at
FROM (SELECT TOP ... run.id AS id, run.created_at AS created_at
FROM run
WHERE run.state = :state_8 AND (lower(run.dataset) LIKE lower(:param_3) ESCAPE '\' OR lower(run.workflow) LIKE lower(:param_4) ESCAPE '\' OR lower(run.campaign) LIKE lower(:param_5) ESCAPE '\' OR lower(run.id) LIKE lower(:param_6) ESCAPE '\') ORDER BY run.created_at DESC, run.id DESC) AS anon_8 UNION ALL SELECT anon_9.id AS id, anon_9.created_at AS created_at
FROM (SELECT TOP ... run.id AS id, run.created_at AS created_at
FROM run
WHERE run.state = :state_9 AND (lower(run.dataset) LIKE lower(:param_3) ESCAPE '\' OR lower(run.workflow) LIKE lower(:param_4) ESCAPE '\' OR lower(run.campaign) LIKE lower(:param_5) ESCAPE '\' OR lower(run.id) LIKE lower(:param_6) ESCAPE '\') ORDER BY run.created_at DESC, run.id DESC) AS anon_9 UNION ALL SELECT anon_10.id AS id, anon_10.created_at AS created_at
FROM (SELECT TOP ... run.id AS id, run.created_at AS created_at
FROM run
WHERE run.state = :state_10 AND (lower(run.dataset) LIKE lower(:param_3) ESCAPE '\' OR lower(run.workflow) LIKE lower(:param_4) ESCAPE '\' OR lower(run.campaign) LIKE lower(:param_5) ESCAPE '\' OR lower(run.id) LIKE lower(:param_6) ESCAPE '\') ORDER BY run.created_at DESC, run.id DESC) AS anon_10 UNION ALL SELECT anon_11.id AS id, anon_11.created_at AS created_at
FROM (SELECT TOP ... run.id AS id, run.created_at AS created_at
FROM run
WHERE run.state = :state_11 AND (lower(run.dataset) LIKE lower(:param_3) ESCAPE '\' OR lower(run.workflow) LIKE lower(:param_4) ESCAPE '\' OR lower(run.campaign) LIKE lower(:param_5) ESCAPE '\' OR lower(run.id) LIKE lower(:param_6) ESCAPE '\') ORDER BY run.created_at DESC, run.id DESC) AS anon_11) AS whole ORDER BY whole.created_at DESC, whole.id DESC;

SELECT TOP ... whole.id
FROM (SELECT anon_1.id AS id, anon_1.priority AS priority
FROM (SELECT TOP ... dpq.id AS id, dpq.priority AS priority
FROM dpq
WHERE dpq.state = :state_1 AND (lower(dpq.dataset) LIKE lower(:param_3) ESCAPE '\' OR lower(dpq.workflow) LIKE lower(:param_4) ESCAPE '\' OR lower(dpq.campaign) LIKE lower(:param_5) ESCAPE '\') ORDER BY dpq.priority DESC, dpq.id ASC) AS anon_1 UNION ALL SELECT anon_2.id AS id, anon_2.priority AS priority
FROM (SELECT TOP ... dpq.id AS id, dpq.priority AS priority
FROM dpq
WHERE dpq.state = :state_2 AND (lower(dpq.dataset) LIKE lower(:param_3) ESCAPE '\' OR lower(dpq.workflow) LIKE lower(:param_4) ESCAPE '\' OR lower(dpq.campaign) LIKE lower(:param_5) ESCAPE '\') ORDER BY dpq.priority DESC, dpq.id ASC) AS anon_2 UNION ALL SELECT anon_3.id AS id, anon_3.priority AS priority
FROM (SELECT TOP ... dpq.id AS id, dpq.priority AS priority
FROM dpq
WHERE dpq.state = :state_3 AND (lower(dpq.dataset) LIKE lower(:param_3) ESCAPE '\' OR lower(dpq.workflow) LIKE lower(:param_4) ESCAPE '\' OR lower(dpq.campaign) LIKE lower(:param_5) ESCAPE '\') ORDER BY dpq.priority DESC, dpq.id ASC) AS anon_3 UNION ALL SELECT anon_4.id AS id, anon_4.priority AS priority
FROM (SELECT TOP ... dpq.id AS id, dpq.priority AS priority
FROM dpq
WHERE dpq.state = :state_4 AND (lower(dpq.dataset) LIKE lower(:param_3) ESCAPE '\' OR lower(dpq.workflow) LIKE lower(:param_4) ESCAPE '\' OR lower(dpq.campaign) LIKE lower(:param_5) ESCAPE '\') ORDER BY dpq.priority DESC, dpq.id ASC) AS anon_4 UNION ALL SELECT anon_5.id AS id, anon_5.priority AS priority
FROM (SELECT TOP ... dpq.id AS id, dpq.priority AS priority
FROM dpq
WHERE dpq.state = :state_5 AND (lower(dpq.dataset) LIKE lower(:param_3) ESCAPE '\' OR lower(dpq.workflow) LIKE lower(:param_4) ESCAPE '\' OR lower(dpq.campaign) LIKE lower(:param_5) ESCAPE '\') ORDER BY dpq.priority DESC, dpq.id ASC) AS anon_5 UNION ALL SELECT anon_6.id AS id, anon_6.priority AS priority
FROM (SELECT TOP ... dpq.id AS id, dpq.priority AS priority
FROM dpq
WHERE dpq.state = :state_6 AND (lower(dpq.dataset) LIKE lower(:param_3) ESCAPE '\' OR lower(dpq.workflow) LIKE lower(:param_4) ESCAPE '\' OR lower(dpq.campaign) LIKE lower(:param_5) ESCAPE '\') ORDER BY dpq.priority DESC, dpq.id ASC) AS anon_6) AS whole ORDER BY whole.priority DESC, whole.id ASC;

SELECT audit.id
FROM audit ORDER BY audit.id DESC
OFFSET :param_1 ROWS
FETCH FIRST :param_2 ROWS ONLY;

SELECT blackboard.global_job_id, blackboard.start_number
FROM blackboard ORDER BY blackboard.start_time DESC, blackboard.global_job_id DESC, blackboard.start_number DESC
OFFSET :param_1 ROWS
FETCH FIRST :param_2 ROWS ONLY;

SELECT command.id
FROM command ORDER BY command.id DESC
OFFSET :param_1 ROWS
FETCH FIRST :param_2 ROWS ONLY;

SELECT count(*) AS count_1
FROM (SELECT TOP ... 1 AS one
FROM blackboard
WHERE blackboard.state IN (...)) AS anon_1;

SELECT count(*) AS count_1
FROM (SELECT TOP ... 1 AS one
FROM command) AS anon_1;

SELECT count(*) AS count_1
FROM (SELECT TOP ... 1 AS one
FROM dpq) AS anon_1;

SELECT count(*) AS count_1
FROM (SELECT TOP ... 1 AS one
FROM run) AS anon_1;

SELECT count(*) AS count_1
FROM (SELECT TOP ... blackboard.dataset AS dataset
FROM blackboard
WHERE blackboard.dataset LIKE :param_2 ESCAPE '\') AS anon_1;

SELECT count(*) AS count_1
FROM (SELECT TOP ... blackboard.failed AS failed
FROM blackboard
WHERE blackboard.failed IS NOT NULL) AS anon_1;

SELECT count(*) AS count_1
FROM (SELECT TOP ... blackboard.host AS host
FROM blackboard
WHERE blackboard.host = :host_1) AS anon_1;

SELECT count(*) AS count_1
FROM (SELECT TOP ... blackboard.run_id AS run_id
FROM blackboard
WHERE blackboard.run_id IN (SELECT run.id
FROM run
WHERE run.workflow LIKE :param_2 ESCAPE '\')) AS anon_1;

SELECT whole.global_job_id, whole.start_number
FROM (SELECT anon_1.global_job_id AS global_job_id, anon_1.start_number AS start_number, anon_1.start_time AS start_time
FROM (SELECT TOP ... blackboard.global_job_id AS global_job_id, blackboard.start_number AS start_number, blackboard.start_time AS start_time
FROM blackboard
WHERE blackboard.state = :state_1 ORDER BY blackboard.start_time DESC, blackboard.global_job_id DESC, blackboard.start_number DESC) AS anon_1 UNION ALL SELECT anon_2.global_job_id AS global_job_id, anon_2.start_number AS start_number, anon_2.start_time AS start_time
FROM (SELECT TOP ... blackboard.global_job_id AS global_job_id, blackboard.start_number AS start_number, blackboard.start_time AS start_time
FROM blackboard
WHERE blackboard.state = :state_2 ORDER BY blackboard.start_time DESC, blackboard.global_job_id DESC, blackboard.start_number DESC) AS anon_2) AS whole ORDER BY whole.start_time DESC, whole.global_job_id DESC, whole.start_number DESC
OFFSET :param_3 ROWS
FETCH FIRST :param_4 ROWS ONLY;

SELECT whole.id
FROM (SELECT anon_1.id AS id, anon_1.created_at AS created_at
FROM (SELECT TOP ... run.id AS id, run.created_at AS created_at
FROM run
WHERE run.state = :state_1 ORDER BY run.created_at DESC, run.id DESC) AS anon_1 UNION ALL SELECT anon_2.id AS id, anon_2.created_at AS created_at
FROM (SELECT TOP ... run.id AS id, run.created_at AS created_at
FROM run
WHERE run.state = :state_2 ORDER BY run.created_at DESC, run.id DESC) AS anon_2 UNION ALL SELECT anon_3.id AS id, anon_3.created_at AS created_at
FROM (SELECT TOP ... run.id AS id, run.created_at AS created_at
FROM run
WHERE run.state = :state_3 ORDER BY run.created_at DESC, run.id DESC) AS anon_3 UNION ALL SELECT anon_4.id AS id, anon_4.created_at AS created_at
FROM (SELECT TOP ... run.id AS id, run.created_at AS created_at
FROM run
WHERE run.state = :state_4 ORDER BY run.created_at DESC, run.id DESC) AS anon_4 UNION ALL SELECT anon_5.id AS id, anon_5.created_at AS created_at
FROM (SELECT TOP ... run.id AS id, run.created_at AS created_at
FROM run
WHERE run.state = :state_5 ORDER BY run.created_at DESC, run.id DESC) AS anon_5 UNION ALL SELECT anon_6.id AS id, anon_6.created_at AS created_at
FROM (SELECT TOP ... run.id AS id, run.created_at AS created_at
FROM run
WHERE run.state = :state_6 ORDER BY run.created_at DESC, run.id DESC) AS anon_6 UNION ALL SELECT anon_7.id AS id, anon_7.created_at AS created_at
FROM (SELECT TOP ... run.id AS id, run.created_at AS created_at
FROM run
WHERE run.state = :state_7 ORDER BY run.created_at DESC, run.id DESC) AS anon_7 UNION ALL SELECT anon_8.id AS id, anon_8.created_at AS created_at
FROM (SELECT TOP ... run.id AS id, run.created_at AS created_at
FROM run
WHERE run.state = :state_8 ORDER BY run.created_at DESC, run.id DESC) AS anon_8 UNION ALL SELECT anon_9.id AS id, anon_9.created_at AS created_at
FROM (SELECT TOP ... run.id AS id, run.created_at AS created_at
FROM run
WHERE run.state = :state_9 ORDER BY run.created_at DESC, run.id DESC) AS anon_9 UNION ALL SELECT anon_10.id AS id, anon_10.created_at AS created_at
FROM (SELECT TOP ... run.id AS id, run.created_at AS created_at
FROM run
WHERE run.state = :state_10 ORDER BY run.created_at DESC, run.id DESC) AS anon_10 UNION ALL SELECT anon_11.id AS id, anon_11.created_at AS created_at
FROM (SELECT TOP ... run.id AS id, run.created_at AS created_at
FROM run
WHERE run.state = :state_11 ORDER BY run.created_at DESC, run.id DESC) AS anon_11) AS whole ORDER BY whole.created_at DESC, whole.id DESC
OFFSET :param_12 ROWS
FETCH FIRST :param_13 ROWS ONLY;

SELECT whole.id
FROM (SELECT anon_1.id AS id, anon_1.priority AS priority
FROM (SELECT TOP ... dpq.id AS id, dpq.priority AS priority
FROM dpq
WHERE dpq.state = :state_1 ORDER BY dpq.priority DESC, dpq.id ASC) AS anon_1 UNION ALL SELECT anon_2.id AS id, anon_2.priority AS priority
FROM (SELECT TOP ... dpq.id AS id, dpq.priority AS priority
FROM dpq
WHERE dpq.state = :state_2 ORDER BY dpq.priority DESC, dpq.id ASC) AS anon_2 UNION ALL SELECT anon_3.id AS id, anon_3.priority AS priority
FROM (SELECT TOP ... dpq.id AS id, dpq.priority AS priority
FROM dpq
WHERE dpq.state = :state_3 ORDER BY dpq.priority DESC, dpq.id ASC) AS anon_3 UNION ALL SELECT anon_4.id AS id, anon_4.priority AS priority
FROM (SELECT TOP ... dpq.id AS id, dpq.priority AS priority
FROM dpq
WHERE dpq.state = :state_4 ORDER BY dpq.priority DESC, dpq.id ASC) AS anon_4 UNION ALL SELECT anon_5.id AS id, anon_5.priority AS priority
FROM (SELECT TOP ... dpq.id AS id, dpq.priority AS priority
FROM dpq
WHERE dpq.state = :state_5 ORDER BY dpq.priority DESC, dpq.id ASC) AS anon_5 UNION ALL SELECT anon_6.id AS id, anon_6.priority AS priority
FROM (SELECT TOP ... dpq.id AS id, dpq.priority AS priority
FROM dpq
WHERE dpq.state = :state_6 ORDER BY dpq.priority DESC, dpq.id ASC) AS anon_6) AS whole ORDER BY whole.priority DESC, whole.id ASC
OFFSET :param_7 ROWS
FETCH FIRST :param_8 ROWS ONLY;

WITH hits AS
(SELECT blackboard.global_job_id AS global_job_id, blackboard.start_number AS start_number, blackboard.duration AS duration, blackboard.start_time AS start_time
FROM blackboard
WHERE blackboard.dataset LIKE :param_1 ESCAPE '\' AND blackboard.run_id IN (SELECT run.id
FROM run
WHERE run.workflow LIKE :param_2 ESCAPE '\') AND (NOT blackboard.owner LIKE :param_3 ESCAPE '\' OR blackboard.owner IS NULL))
SELECT hits.global_job_id, hits.start_number
FROM hits ORDER BY hits.duration DESC, hits.start_time DESC, hits.global_job_id DESC, hits.start_number DESC
OFFSET :param_4 ROWS
FETCH FIRST :param_5 ROWS ONLY;

WITH hits AS
(SELECT blackboard.global_job_id AS global_job_id, blackboard.start_number AS start_number, blackboard.host AS host, blackboard.dataset AS dataset
FROM blackboard
WHERE blackboard.host = :host_1 AND blackboard.completion_time >= :param_1)
SELECT hits.global_job_id, hits.start_number
FROM hits ORDER BY hits.host ASC, hits.dataset DESC, hits.global_job_id ASC, hits.start_number ASC
OFFSET :param_2 ROWS
FETCH FIRST :param_3 ROWS ONLY;

WITH hits AS
(SELECT blackboard.global_job_id AS global_job_id, blackboard.start_number AS start_number, blackboard.start_time AS start_time
FROM blackboard
WHERE blackboard.failed IS NOT NULL AND blackboard.process_name LIKE :param_2 ESCAPE '\' AND blackboard.exit_code IS NULL AND (lower(blackboard.dataset) LIKE lower(:param_3) ESCAPE '\' OR lower(blackboard.process_name) LIKE lower(:param_4) ESCAPE '\' OR lower(blackboard.global_job_id) LIKE lower(:param_5) ESCAPE '\'))
SELECT TOP ... hits.global_job_id, hits.start_number
FROM hits ORDER BY hits.start_time DESC, hits.global_job_id DESC, hits.start_number DESC;
