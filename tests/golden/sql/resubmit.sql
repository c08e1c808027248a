-- count
SELECT dpq.workflow, dpq.state, count(*) AS count_1
FROM dpq
WHERE dpq.state IN (...) AND NOT (EXISTS (SELECT *
FROM dpq AS later
WHERE later.dataset = dpq.dataset AND later.workflow = dpq.workflow AND later.id > dpq.id)) AND dpq.campaign = :campaign_1 AND dpq.workflow = :workflow_1 AND dpq.ended_at >= :ended_at_1 AND dpq.error LIKE :error_1 ESCAPE '\' AND (EXISTS (SELECT *
FROM blackboard
WHERE blackboard.run_id = dpq.run_id AND blackboard.process_name = :process_name_1 AND blackboard.exit_code = :exit_code_1)) GROUP BY dpq.workflow, dpq.state;

-- resubmit
INSERT INTO dpq (dataset, workflow, parameters, event_id, priority, campaign, state, created_at, created_by, attempts, run_id) SELECT dpq.dataset, dpq.workflow, dpq.parameters, dpq.event_id, :param_1 AS anon_1, :param_2 AS anon_2, :param_3 AS anon_3, :param_4 AS anon_4, :param_5 AS anon_5, :param_6 AS anon_6, NULL AS anon_7
FROM dpq
WHERE dpq.state IN (...) AND NOT (EXISTS (SELECT *
FROM dpq AS later
WHERE later.dataset = dpq.dataset AND later.workflow = dpq.workflow AND later.id > dpq.id)) AND dpq.campaign = :campaign_1 AND dpq.workflow = :workflow_1 AND dpq.ended_at >= :ended_at_1 AND dpq.error LIKE :error_1 ESCAPE '\' AND (EXISTS (SELECT *
FROM blackboard
WHERE blackboard.run_id = dpq.run_id AND blackboard.process_name = :process_name_1 AND blackboard.exit_code = :exit_code_1));

INSERT INTO dpq (dataset, workflow, parameters, event_id, priority, campaign, state, created_at, created_by, attempts, run_id) SELECT dpq.dataset, dpq.workflow, dpq.parameters, dpq.event_id, :param_1 AS anon_1, dpq.campaign, :param_2 AS anon_2, :param_3 AS anon_3, :param_4 AS anon_4, :param_5 AS anon_5, NULL AS anon_6
FROM dpq
WHERE dpq.state IN (...) AND NOT (EXISTS (SELECT *
FROM dpq AS later
WHERE later.dataset = dpq.dataset AND later.workflow = dpq.workflow AND later.id > dpq.id)) AND dpq.campaign = :campaign_1 AND dpq.workflow = :workflow_1 AND dpq.ended_at >= :ended_at_1 AND dpq.error LIKE :error_1 ESCAPE '\' AND (EXISTS (SELECT *
FROM blackboard
WHERE blackboard.run_id = dpq.run_id AND blackboard.process_name = :process_name_1 AND blackboard.exit_code = :exit_code_1));

INSERT INTO dpq (dataset, workflow, parameters, event_id, priority, campaign, state, created_at, created_by, attempts, run_id) SELECT dpq.dataset, dpq.workflow, dpq.parameters, dpq.event_id, dpq.priority, :param_1 AS anon_1, :param_2 AS anon_2, :param_3 AS anon_3, :param_4 AS anon_4, :param_5 AS anon_5, NULL AS anon_6
FROM dpq
WHERE dpq.state IN (...) AND NOT (EXISTS (SELECT *
FROM dpq AS later
WHERE later.dataset = dpq.dataset AND later.workflow = dpq.workflow AND later.id > dpq.id)) AND dpq.campaign = :campaign_1 AND dpq.workflow = :workflow_1 AND dpq.ended_at >= :ended_at_1 AND dpq.error LIKE :error_1 ESCAPE '\' AND (EXISTS (SELECT *
FROM blackboard
WHERE blackboard.run_id = dpq.run_id AND blackboard.process_name = :process_name_1 AND blackboard.exit_code = :exit_code_1));

INSERT INTO dpq (dataset, workflow, parameters, event_id, priority, campaign, state, created_at, created_by, attempts, run_id) SELECT dpq.dataset, dpq.workflow, dpq.parameters, dpq.event_id, dpq.priority, dpq.campaign, :param_1 AS anon_1, :param_2 AS anon_2, :param_3 AS anon_3, :param_4 AS anon_4, NULL AS anon_5
FROM dpq
WHERE dpq.state IN (...) AND NOT (EXISTS (SELECT *
FROM dpq AS later
WHERE later.dataset = dpq.dataset AND later.workflow = dpq.workflow AND later.id > dpq.id)) AND dpq.campaign = :campaign_1 AND dpq.workflow = :workflow_1 AND dpq.ended_at >= :ended_at_1 AND dpq.error LIKE :error_1 ESCAPE '\' AND (EXISTS (SELECT *
FROM blackboard
WHERE blackboard.run_id = dpq.run_id AND blackboard.process_name = :process_name_1 AND blackboard.exit_code = :exit_code_1));

SELECT dpq.workflow, dpq.state, count(*) AS count_1
FROM dpq
WHERE dpq.state IN (...) AND NOT (EXISTS (SELECT *
FROM dpq AS later
WHERE later.dataset = dpq.dataset AND later.workflow = dpq.workflow AND later.id > dpq.id)) AND (EXISTS (SELECT *
FROM blackboard
WHERE blackboard.run_id = dpq.run_id AND blackboard.process_name = :process_name_1 AND (blackboard.state IN (...) OR coalesce(blackboard.exit_code, :coalesce_1) != :coalesce_2 OR blackboard.exit_signal IS NOT NULL))) GROUP BY dpq.workflow, dpq.state;
