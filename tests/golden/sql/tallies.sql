-- example
SELECT TOP ... blackboard.global_job_id, blackboard.start_number
FROM blackboard LEFT OUTER JOIN run ON run.id = blackboard.run_id
WHERE blackboard.process_name = :param_2 AND blackboard.exit_code = :param_3 AND blackboard.exit_signal IS NULL AND run.workflow IS NULL AND (coalesce(run.state, :coalesce_1) NOT IN (...)) AND blackboard.completion_time >= :completion_time_1 AND blackboard.state = :param_4 ORDER BY blackboard.completion_time DESC;

SELECT TOP ... blackboard.global_job_id, blackboard.start_number
FROM blackboard LEFT OUTER JOIN run ON run.id = blackboard.run_id
WHERE blackboard.process_name = :param_2 AND blackboard.exit_code = :param_3 AND blackboard.exit_signal IS NULL AND run.workflow IS NULL AND (coalesce(run.state, :coalesce_1) NOT IN (...)) AND blackboard.state = :state_1 AND blackboard.observed_at >= :observed_at_1 ORDER BY blackboard.start_time DESC;

-- failures
SELECT TOP ... blackboard.process_name, blackboard.state, blackboard.exit_code, blackboard.exit_signal, run.workflow, count(*) AS count_1, count(DISTINCT blackboard.run_id) AS count_2, min(coalesce(blackboard.completion_time, blackboard.observed_at)) AS min_1, max(coalesce(blackboard.completion_time, blackboard.observed_at)) AS max_1
FROM blackboard LEFT OUTER JOIN run ON run.id = blackboard.run_id
WHERE blackboard.completion_time >= :completion_time_1 AND (blackboard.state = :param_2 AND (blackboard.exit_code != :param_3 OR blackboard.exit_code IS NULL) OR blackboard.state IN (...)) AND (coalesce(run.state, :coalesce_1) NOT IN (...)) GROUP BY blackboard.process_name, blackboard.state, blackboard.exit_code, blackboard.exit_signal, run.workflow ORDER BY count(*) DESC;

SELECT TOP ... blackboard.process_name, blackboard.state, blackboard.exit_code, blackboard.exit_signal, run.workflow, count(*) AS count_1, count(DISTINCT blackboard.run_id) AS count_2, min(coalesce(blackboard.completion_time, blackboard.observed_at)) AS min_1, max(coalesce(blackboard.completion_time, blackboard.observed_at)) AS max_1
FROM blackboard LEFT OUTER JOIN run ON run.id = blackboard.run_id
WHERE blackboard.state = :state_1 AND blackboard.completion_time IS NULL AND blackboard.observed_at >= :observed_at_1 AND (coalesce(run.state, :coalesce_1) NOT IN (...)) GROUP BY blackboard.process_name, blackboard.state, blackboard.exit_code, blackboard.exit_signal, run.workflow ORDER BY count(*) DESC;

-- lasted
SELECT TOP ... blackboard.process_name, blackboard.run_id, blackboard.duration
FROM blackboard
WHERE blackboard.completion_time >= :completion_time_1 AND blackboard.completion_time < :completion_time_2 AND blackboard.state = :state_1 AND blackboard.exit_code = :exit_code_1 AND blackboard.duration IS NOT NULL AND blackboard.process_name IS NOT NULL ORDER BY blackboard.completion_time DESC;

SELECT TOP ... blackboard.process_name, blackboard.run_id, blackboard.duration
FROM blackboard
WHERE blackboard.completion_time >= :completion_time_1 AND blackboard.state = :state_1 AND blackboard.exit_code = :exit_code_1 AND blackboard.duration IS NOT NULL AND blackboard.process_name IS NOT NULL AND blackboard.process_name = :process_name_1 ORDER BY blackboard.completion_time DESC;

SELECT TOP ... blackboard.process_name, blackboard.run_id, blackboard.duration
FROM blackboard
WHERE blackboard.completion_time >= :completion_time_1 AND blackboard.state = :state_1 AND blackboard.exit_code = :exit_code_1 AND blackboard.duration IS NOT NULL AND blackboard.process_name IS NOT NULL ORDER BY blackboard.completion_time DESC;

SELECT TOP ... blackboard.process_name, blackboard.run_id, blackboard.duration
FROM blackboard JOIN run ON run.id = blackboard.run_id
WHERE blackboard.completion_time >= :completion_time_1 AND blackboard.state = :state_1 AND blackboard.exit_code = :exit_code_1 AND blackboard.duration IS NOT NULL AND blackboard.process_name IS NOT NULL AND run.workflow = :workflow_1 ORDER BY blackboard.completion_time DESC;

-- queue
SELECT dpq.state, dpq.priority, count(*) AS count_1
FROM dpq
WHERE dpq.state IN (...) GROUP BY dpq.state, dpq.priority ORDER BY dpq.priority DESC, dpq.state;

-- steps
SELECT count(*) AS count_1
FROM (SELECT TOP ... blackboard.state AS state
FROM blackboard
WHERE blackboard.state = :state_1) AS anon_1;

-- tallies
SELECT DATEDIFF_BIG(second, '1970-01-01', run.ended_at) / 86400 AS bucket_1, run.state, count(*) AS count_1
FROM run
WHERE run.ended_at >= :ended_at_1 AND run.ended_at < :ended_at_2 GROUP BY DATEDIFF_BIG(second, '1970-01-01', run.ended_at) / 86400, run.state;

SELECT JSON_VALUE(run.parameters, '$.instrument') AS json_value_1, run.state, count(*) AS count_1
FROM run
WHERE run.ended_at >= :ended_at_1 AND run.ended_at < :ended_at_2 GROUP BY JSON_VALUE(run.parameters, '$.instrument'), run.state;

SELECT run.campaign, run.state, count(*) AS count_1
FROM run
WHERE run.ended_at >= :ended_at_1 AND run.ended_at < :ended_at_2 GROUP BY run.campaign, run.state;

SELECT run.owner, run.state, count(*) AS count_1
FROM run
WHERE run.ended_at >= :ended_at_1 AND run.ended_at < :ended_at_2 GROUP BY run.owner, run.state;

SELECT run.workflow, run.state, count(*) AS count_1
FROM run
WHERE run.ended_at >= :ended_at_1 AND run.ended_at < :ended_at_2 GROUP BY run.workflow, run.state;

-- throughput
SELECT DATEDIFF_BIG(second, '1970-01-01', blackboard.completion_time) / 1 AS bucket_1, count(*) AS count_1, sum(CASE WHEN (blackboard.state = :param_1 AND (blackboard.exit_code != :param_2 OR blackboard.exit_code IS NULL) OR blackboard.state IN (...)) THEN :param_4 ELSE :param_5 END) AS sum_1
FROM blackboard
WHERE blackboard.completion_time >= :completion_time_1 AND blackboard.completion_time < :completion_time_2 GROUP BY DATEDIFF_BIG(second, '1970-01-01', blackboard.completion_time) / 1;

SELECT DATEDIFF_BIG(second, '1970-01-01', run.ended_at) / 1 AS bucket_1, count(*) AS count_1, sum(CASE WHEN (run.state IN (...)) THEN :param_1 ELSE :param_2 END) AS sum_1
FROM run
WHERE run.ended_at >= :ended_at_1 AND run.ended_at < :ended_at_2 GROUP BY DATEDIFF_BIG(second, '1970-01-01', run.ended_at) / 1;

-- versions
SELECT TOP ... run.template_digest, count(*) AS count_1, min(run.created_at) AS min_1, max(run.created_at) AS max_1
FROM run
WHERE run.workflow = :workflow_1 AND run.template_digest IS NOT NULL GROUP BY run.template_digest ORDER BY max(run.created_at) DESC;
