-- The rows of a home as the first release left them: `.dump` of its tern.sqlite, without BEGIN and COMMIT.
-- Tables come first, and foreign keys are looked at in the end.
CREATE TABLE dataset_rejections (
    id TEXT PRIMARY KEY, dataset TEXT NOT NULL, at INTEGER NOT NULL, refused_to TEXT NOT NULL, source TEXT NOT NULL, reason TEXT,
    message TEXT NOT NULL, violations TEXT NOT NULL);
CREATE TABLE dataset_versions (
    dataset TEXT NOT NULL, version INTEGER NOT NULL, digest TEXT NOT NULL, row_count INTEGER NOT NULL, format TEXT NOT NULL,
    bytes INTEGER NOT NULL, schema TEXT NOT NULL, source TEXT NOT NULL, created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL, reason TEXT, profile TEXT NOT NULL, PRIMARY KEY (dataset, version));
CREATE TABLE datasets (
    name TEXT PRIMARY KEY, owner TEXT NOT NULL, description TEXT, path TEXT, time_column TEXT, expect TEXT NOT NULL,
    schema TEXT NOT NULL);
CREATE TABLE endpoints (
    name TEXT PRIMARY KEY, declaration TEXT NOT NULL, variants TEXT NOT NULL, revision INTEGER NOT NULL, champion_due INTEGER);
CREATE TABLE experiment_tags (
    experiment_id INTEGER NOT NULL REFERENCES experiments (id), key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (experiment_id, key));
CREATE TABLE experiments (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, artifact_location TEXT NOT NULL, stage TEXT NOT NULL,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL);
CREATE TABLE job_owner (id INTEGER PRIMARY KEY, owner TEXT NOT NULL);
CREATE TABLE jobs (
    id TEXT PRIMARY KEY, sequence INTEGER NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL, dedupe_key TEXT, state TEXT NOT NULL,
    attempt INTEGER NOT NULL, failures INTEGER NOT NULL, max_attempts INTEGER NOT NULL, backoff INTEGER NOT NULL,
    run_at INTEGER NOT NULL, created_at INTEGER NOT NULL, created_by TEXT NOT NULL, started_at INTEGER, ended_at INTEGER,
    progress DOUBLE PRECISION NOT NULL, result TEXT, error TEXT, cancel_requested INTEGER NOT NULL, log_path TEXT,
    owner TEXT, lease_until INTEGER, process TEXT);
CREATE TABLE ledger (
    sequence INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, actor TEXT NOT NULL,
    reason TEXT, event_time INTEGER, data TEXT NOT NULL, hash TEXT NOT NULL);
CREATE TABLE logged_model_metrics (
    model_id TEXT NOT NULL, key TEXT NOT NULL, timestamp INTEGER NOT NULL, step INTEGER NOT NULL, run_id TEXT NOT NULL,
    dataset_name TEXT NOT NULL, dataset_digest TEXT NOT NULL, value DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (model_id, key, timestamp, step, run_id, dataset_name, dataset_digest, value));
CREATE TABLE logged_model_params (
    model_id TEXT NOT NULL REFERENCES logged_models (id), key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (model_id, key));
CREATE TABLE logged_model_tags (
    model_id TEXT NOT NULL REFERENCES logged_models (id), key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (model_id, key));
CREATE TABLE logged_models (
    id TEXT PRIMARY KEY, experiment_id INTEGER NOT NULL REFERENCES experiments (id), name TEXT NOT NULL, type TEXT NOT NULL,
    source_run TEXT NOT NULL, artifact_uri TEXT NOT NULL, status TEXT NOT NULL, stage TEXT NOT NULL, created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL);
CREATE TABLE metric_points (
    series INTEGER NOT NULL, step INTEGER NOT NULL, timestamp INTEGER NOT NULL, value DOUBLE PRECISION NOT NULL, is_nan INTEGER NOT NULL,
    PRIMARY KEY (series, step, timestamp, value, is_nan));
CREATE TABLE metric_series (
    id INTEGER PRIMARY KEY, run_id TEXT NOT NULL REFERENCES runs (id), key TEXT NOT NULL, value DOUBLE PRECISION NOT NULL,
    is_nan INTEGER NOT NULL, timestamp INTEGER NOT NULL, step INTEGER NOT NULL, UNIQUE (run_id, key));
CREATE TABLE migrations (name TEXT PRIMARY KEY, applied_at INTEGER NOT NULL);
CREATE TABLE model_aliases (model TEXT NOT NULL, alias TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (model, alias));
CREATE TABLE model_approvals (
    model TEXT NOT NULL, version INTEGER NOT NULL, number INTEGER NOT NULL, person TEXT NOT NULL, at INTEGER NOT NULL,
    verdict TEXT NOT NULL, reason TEXT, PRIMARY KEY (model, version, number));
CREATE TABLE model_evaluations (
    digest TEXT NOT NULL, holdout TEXT NOT NULL, target TEXT NOT NULL, task TEXT NOT NULL, metrics TEXT NOT NULL,
    answers TEXT NOT NULL, created_at INTEGER NOT NULL, PRIMARY KEY (digest, holdout, target, task));
CREATE TABLE model_numbers (model TEXT PRIMARY KEY, last_version INTEGER NOT NULL);
CREATE TABLE model_profiles (model TEXT NOT NULL, version INTEGER NOT NULL, profile TEXT NOT NULL, PRIMARY KEY (model, version));
CREATE TABLE model_tags (model TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (model, key));
CREATE TABLE model_version_tags (
    model TEXT NOT NULL, version INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (model, version, key));
CREATE TABLE model_versions (
    model TEXT NOT NULL, version INTEGER NOT NULL, status TEXT NOT NULL, status_reason TEXT, origin TEXT NOT NULL,
    stage TEXT NOT NULL, source TEXT NOT NULL, location TEXT, run_id TEXT, run_link TEXT, model_id TEXT, description TEXT,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, created_by TEXT NOT NULL, digest TEXT, holdout TEXT,
    holdout_format TEXT, reference TEXT, signature TEXT, metrics TEXT NOT NULL, gates TEXT NOT NULL,
    approvals_needed INTEGER NOT NULL, pipeline_run TEXT, lineage TEXT NOT NULL, PRIMARY KEY (model, version));
CREATE TABLE models (
    name TEXT PRIMARY KEY, description TEXT, declaration TEXT, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL);
CREATE TABLE monitoring_alerts (
    id INTEGER PRIMARY KEY, endpoint TEXT NOT NULL, monitor TEXT NOT NULL, column_name TEXT NOT NULL, state TEXT NOT NULL,
    raised_at INTEGER NOT NULL, raised_event_time INTEGER, resolved_at INTEGER, resolved_event_time INTEGER, resolution TEXT,
    acknowledged_at INTEGER, acknowledged_by TEXT, message TEXT NOT NULL, evidence TEXT NOT NULL, owner TEXT NOT NULL);
CREATE TABLE monitoring_feedback (
    endpoint TEXT NOT NULL, prediction INTEGER NOT NULL, row_number INTEGER NOT NULL, value TEXT NOT NULL, label TEXT NOT NULL,
    found_at INTEGER, received_at INTEGER NOT NULL, received_from TEXT NOT NULL,
    first_time INTEGER NOT NULL, last_time INTEGER NOT NULL,
    position INTEGER NOT NULL, first_label TEXT NOT NULL, first_position INTEGER NOT NULL, sequence INTEGER NOT NULL,
    PRIMARY KEY (endpoint, prediction, row_number));
CREATE TABLE monitoring_marks (
    endpoint TEXT NOT NULL, clock INTEGER NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (endpoint, clock));
CREATE TABLE monitoring_monitors (endpoint TEXT PRIMARY KEY, declaration TEXT NOT NULL);
CREATE TABLE monitoring_progress (endpoint TEXT PRIMARY KEY, progress TEXT NOT NULL);
CREATE TABLE monitoring_quality (
    endpoint TEXT NOT NULL, from_time INTEGER NOT NULL, role TEXT NOT NULL, variant TEXT NOT NULL, to_time INTEGER NOT NULL,
    state TEXT NOT NULL, content TEXT NOT NULL, after_position INTEGER NOT NULL, last_position INTEGER NOT NULL,
    PRIMARY KEY (endpoint, from_time, role, variant));
CREATE TABLE monitoring_scores (
    endpoint TEXT NOT NULL, from_time INTEGER NOT NULL, monitor TEXT NOT NULL, column_name TEXT NOT NULL, to_time INTEGER NOT NULL,
    row_count INTEGER NOT NULL, method TEXT NOT NULL, score DOUBLE PRECISION, p_value DOUBLE PRECISION, threshold DOUBLE PRECISION,
    drifted INTEGER NOT NULL, status TEXT NOT NULL, evidence TEXT NOT NULL,
    PRIMARY KEY (endpoint, from_time, monitor, column_name));
CREATE TABLE pipeline_runs (
    id TEXT PRIMARY KEY, sequence INTEGER NOT NULL, pipeline TEXT NOT NULL, state TEXT NOT NULL, definition TEXT NOT NULL,
    folder TEXT NOT NULL, params TEXT NOT NULL, datasets TEXT NOT NULL, reason TEXT, origin TEXT NOT NULL, event_time INTEGER,
    created_by TEXT NOT NULL, created_role TEXT NOT NULL, created_at INTEGER NOT NULL, started_at INTEGER, ended_at INTEGER,
    tracking_run TEXT, code TEXT, result TEXT, error TEXT, cancel_requested INTEGER NOT NULL, idempotency_key TEXT);
CREATE TABLE pipeline_steps (
    run TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, pipeline TEXT NOT NULL, state TEXT NOT NULL,
    attempt INTEGER NOT NULL, tries INTEGER NOT NULL, cause TEXT, error TEXT, exit TEXT, started_at INTEGER, ended_at INTEGER,
    outputs TEXT NOT NULL, result TEXT, reused_run TEXT, log_path TEXT, job TEXT, cache_key TEXT, facts TEXT,
    PRIMARY KEY (run, name));
CREATE TABLE pipelines (
    name TEXT PRIMARY KEY, definition TEXT NOT NULL, folder TEXT NOT NULL, applied_at INTEGER NOT NULL, applied_by TEXT NOT NULL);
CREATE TABLE policies (endpoint TEXT PRIMARY KEY, declaration TEXT NOT NULL, machine TEXT NOT NULL);
CREATE TABLE policy_outbox (
    id INTEGER PRIMARY KEY, endpoint TEXT NOT NULL, url TEXT NOT NULL, body TEXT NOT NULL, state TEXT NOT NULL,
    attempts INTEGER NOT NULL, due_at INTEGER NOT NULL, problem TEXT);
CREATE TABLE policy_rollbacks (
    order_key TEXT PRIMARY KEY, endpoint TEXT NOT NULL, reason TEXT NOT NULL, event_time INTEGER NOT NULL, state TEXT NOT NULL);
CREATE TABLE projects (name TEXT PRIMARY KEY, declaration TEXT NOT NULL, applied_at INTEGER NOT NULL, applied_by TEXT NOT NULL);
CREATE TABLE release_considered (
    endpoint TEXT NOT NULL, model TEXT NOT NULL, version INTEGER NOT NULL, outcome TEXT NOT NULL, release TEXT NOT NULL,
    considered_at INTEGER NOT NULL, PRIMARY KEY (endpoint, model, version));
CREATE TABLE release_orders (
    endpoint TEXT NOT NULL, order_key TEXT NOT NULL, release INTEGER NOT NULL, PRIMARY KEY (endpoint, order_key));
CREATE TABLE releases (
    endpoint TEXT NOT NULL, number INTEGER NOT NULL, version INTEGER NOT NULL, state TEXT NOT NULL, data TEXT NOT NULL,
    PRIMARY KEY (endpoint, number));
CREATE TABLE retrainings (
    endpoint TEXT NOT NULL, number INTEGER NOT NULL, state TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (endpoint, number));
CREATE TABLE run_datasets (
    run_id TEXT NOT NULL REFERENCES runs (id), dataset INTEGER NOT NULL REFERENCES tracked_datasets (id), context TEXT,
    tags TEXT NOT NULL, PRIMARY KEY (run_id, dataset));
CREATE TABLE run_model_inputs (run_id TEXT NOT NULL REFERENCES runs (id), model_id TEXT NOT NULL, PRIMARY KEY (run_id, model_id));
CREATE TABLE run_model_outputs (
    run_id TEXT NOT NULL REFERENCES runs (id), model_id TEXT NOT NULL, step INTEGER NOT NULL, PRIMARY KEY (run_id, model_id, step));
CREATE TABLE run_params (
    run_id TEXT NOT NULL REFERENCES runs (id), key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (run_id, key));
CREATE TABLE run_tags (
    run_id TEXT NOT NULL REFERENCES runs (id), key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (run_id, key));
CREATE TABLE runs (
    id TEXT PRIMARY KEY, experiment_id INTEGER NOT NULL REFERENCES experiments (id), name TEXT NOT NULL, user_id TEXT NOT NULL,
    status TEXT NOT NULL, stage TEXT NOT NULL, start_time INTEGER NOT NULL, end_time INTEGER, artifact_uri TEXT NOT NULL,
    deleted_at INTEGER);
CREATE TABLE schedules (
    name TEXT PRIMARY KEY, cron TEXT NOT NULL, timezone TEXT NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL,
    catch_up INTEGER NOT NULL, created_at INTEGER NOT NULL, last_fired INTEGER, next_at INTEGER);
CREATE TABLE tokens (name TEXT PRIMARY KEY, role TEXT NOT NULL, hash TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL);
CREATE TABLE tracked_datasets (
    id INTEGER PRIMARY KEY, experiment_id INTEGER NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL, source_type TEXT NOT NULL,
    source TEXT NOT NULL, schema TEXT, profile TEXT, UNIQUE (experiment_id, name, digest));
CREATE INDEX ledger_subject ON ledger (subject, sequence);
CREATE INDEX ledger_kind ON ledger (kind, sequence);
CREATE INDEX jobs_queue ON jobs (state, kind, run_at, sequence);
CREATE UNIQUE INDEX jobs_key ON jobs (kind, dedupe_key);
CREATE INDEX jobs_sequence ON jobs (sequence);
CREATE INDEX schedules_next ON schedules (next_at);
CREATE UNIQUE INDEX dataset_versions_digest ON dataset_versions (dataset, digest);
CREATE INDEX dataset_rejections_dataset ON dataset_rejections (dataset, at);
CREATE INDEX experiments_created ON experiments (created_at, id);
CREATE INDEX runs_listed ON runs (experiment_id, stage, start_time DESC, id);
CREATE INDEX logged_models_listed ON logged_models (experiment_id, stage, created_at DESC, id);
CREATE INDEX model_versions_run ON model_versions (run_id);
CREATE INDEX model_versions_status ON model_versions (model, status, version);
CREATE INDEX releases_state ON releases (endpoint, state, number);
CREATE INDEX monitoring_quality_state ON monitoring_quality (endpoint, state, from_time);
CREATE UNIQUE INDEX monitoring_alerts_open ON monitoring_alerts (endpoint, monitor, column_name) WHERE state = 'open';
CREATE INDEX monitoring_alerts_state ON monitoring_alerts (state, endpoint, id);
CREATE INDEX monitoring_alerts_endpoint ON monitoring_alerts (endpoint, id);
CREATE UNIQUE INDEX monitoring_feedback_sequence ON monitoring_feedback (endpoint, sequence);
CREATE UNIQUE INDEX pipeline_runs_sequence ON pipeline_runs (sequence);
CREATE INDEX pipeline_runs_pipeline ON pipeline_runs (pipeline, sequence);
CREATE INDEX pipeline_runs_state ON pipeline_runs (state);
CREATE UNIQUE INDEX pipeline_runs_key ON pipeline_runs (pipeline, idempotency_key);
CREATE INDEX pipeline_steps_cache ON pipeline_steps (pipeline, name, state, cache_key, ended_at);
CREATE INDEX pipeline_steps_last ON pipeline_steps (pipeline, name, state, ended_at);
CREATE INDEX retrainings_state ON retrainings (endpoint, state, number);
CREATE INDEX policy_rollbacks_state ON policy_rollbacks (endpoint, state);
CREATE INDEX policy_outbox_due ON policy_outbox (endpoint, state, id);
PRAGMA defer_foreign_keys = ON;
INSERT INTO "experiments" VALUES(0,'Default','mlflow-artifacts:/0','active',1795252982266,1795252982266);
INSERT INTO "experiments" VALUES(1,'old experiment','mlflow-artifacts:/1','active',1795252982311,1795252982311);
INSERT INTO "job_owner" VALUES(1,'0636faa9df1f8c8e2171428985c6da44');
INSERT INTO "ledger" VALUES(1,1795252982327,'model.created','model/old model','local',NULL,NULL,'{}','25cbc77ae62e4bcf334b961b19320b3ec2a3734460f9b851f347800608adba2c');
INSERT INTO "ledger" VALUES(2,1795252982332,'model.version.registered','model/old model/1','local',NULL,NULL,'{"digest":null,"holdout":null,"lineage":{"datasets":[],"features":[],"params":{"depth":"3"},"run":"535297c92a5a20bc43446a6757f4f6d5"},"origin":"person","reference":null,"run":"535297c92a5a20bc43446a6757f4f6d5","source":"mlflow-artifacts:/1/535297c92a5a20bc43446a6757f4f6d5/artifacts/model"}','a7792e73ceef486d4df132703cd5d4b2e3638006d520165d616196611bbff0f2');
INSERT INTO "ledger" VALUES(3,1795252982334,'model.version.gated','model/old model/1','local',NULL,NULL,'{"gates":[{"at":"2026-11-21T09:23:02.334Z","evidence":{"sentence":"No gate applies: not an ONNX model."},"gate":"none","verdict":"skipped"}],"holdout":null,"metrics":{},"status":"registered","verdict":"pass"}','4b41b6575c7591c14f54282aefaf0b7f0400af0d94f08c1f57abdded6e4a4d10');
INSERT INTO "ledger" VALUES(4,1795252982339,'token.created','token/ann','local',NULL,NULL,'{"role":"editor"}','9a4c1e537d0ab9c83ed6f3a418c5931515aab21e6733b966103a64d34c294f3d');
INSERT INTO "ledger" VALUES(5,1795252982516,'pipeline.applied','pipeline/one','local',NULL,NULL,'{"name":"one","owner":"o","params":{},"schedule":"0 3 * * *","steps":[{"action":{"run":{"_0":"true"}},"after":[],"cache":true,"inputs":[],"name":"first","outputs":[],"retries":0}]}','bf694140433ebc31418f512a600c38df165058f3c045ebda4b256c2ec1b113bb');
INSERT INTO "ledger" VALUES(6,1795252982519,'project.applied','project/old','local',NULL,NULL,'{"changes":["+ pipeline one"]}','bcdf5d152b5496783b253e3e2f39d800e477ca39ef9d9969e55ae69973e0eb36');
INSERT INTO "metric_points" VALUES(1,0,0,1.0,0);
INSERT INTO "metric_points" VALUES(1,1,1,0.5,0);
INSERT INTO "metric_points" VALUES(1,2,2,3.33333333333333314829e-01,0);
INSERT INTO "metric_points" VALUES(1,3,3,0.25,0);
INSERT INTO "metric_points" VALUES(1,4,4,0.2,0);
INSERT INTO "metric_points" VALUES(2,0,1,0.0,1);
INSERT INTO "metric_points" VALUES(3,0,0,1.0,0);
INSERT INTO "metric_points" VALUES(3,1,1,0.5,0);
INSERT INTO "metric_points" VALUES(3,2,2,3.33333333333333314829e-01,0);
INSERT INTO "metric_points" VALUES(3,3,3,0.25,0);
INSERT INTO "metric_points" VALUES(3,4,4,0.2,0);
INSERT INTO "metric_points" VALUES(4,0,1,0.0,1);
INSERT INTO "metric_series" VALUES(1,'76cc004a097b10e8c3a657ae179e27c4','loss',0.2,0,4,4);
INSERT INTO "metric_series" VALUES(2,'76cc004a097b10e8c3a657ae179e27c4','bad',0.0,1,1,0);
INSERT INTO "metric_series" VALUES(3,'535297c92a5a20bc43446a6757f4f6d5','loss',0.2,0,4,4);
INSERT INTO "metric_series" VALUES(4,'535297c92a5a20bc43446a6757f4f6d5','bad',0.0,1,1,0);
INSERT INTO "migrations" VALUES('2026-11-ledger',1795252982266);
INSERT INTO "migrations" VALUES('2026-11-access-tokens',1795252982266);
INSERT INTO "migrations" VALUES('2026-11-project-applied',1795252982266);
INSERT INTO "migrations" VALUES('2026-11-jobs',1795252982266);
INSERT INTO "migrations" VALUES('2026-11-datasets',1795252982266);
INSERT INTO "migrations" VALUES('2026-11-tracking',1795252982266);
INSERT INTO "migrations" VALUES('2026-11-registry',1795252982266);
INSERT INTO "migrations" VALUES('2026-11-releases',1795252982266);
INSERT INTO "migrations" VALUES('2026-11-monitoring',1795252982266);
INSERT INTO "migrations" VALUES('2026-11-pipelines',1795252982266);
INSERT INTO "migrations" VALUES('2026-11-policies',1795252982266);
INSERT INTO "model_numbers" VALUES('old model',1);
INSERT INTO "model_versions" VALUES('old model',1,'registered','its artifacts are not on this server.','person','None','mlflow-artifacts:/1/535297c92a5a20bc43446a6757f4f6d5/artifacts/model',NULL,'535297c92a5a20bc43446a6757f4f6d5',NULL,NULL,NULL,1795252982332,1795252982334,'local',NULL,NULL,NULL,NULL,NULL,'{}','[{"at":"2026-11-21T09:23:02.334Z","evidence":{"sentence":"No gate applies: not an ONNX model."},"gate":"none","verdict":"skipped"}]',0,NULL,'{"datasets":[],"features":[],"params":{"depth":"3"},"run":"535297c92a5a20bc43446a6757f4f6d5"}');
INSERT INTO "models" VALUES('old model',NULL,NULL,1795252982327,1795252982332);
INSERT INTO "pipelines" VALUES('one','{"name":"one","owner":"o","params":{},"schedule":"0 3 * * *","steps":[{"action":{"run":{"_0":"true"}},"after":[],"cache":true,"inputs":[],"name":"first","outputs":[],"retries":0}]}','/srv/old',1795252982516,'local');
INSERT INTO "projects" VALUES('old','{"datasets":[],"endpoints":[],"folder":"/srv/old","models":[],"monitors":[],"name":"old","owner":"o","pipelines":[{"name":"one","owner":"o","params":{},"schedule":"0 3 * * *","steps":[{"action":{"run":{"_0":"true"}},"after":[],"cache":true,"inputs":[],"name":"first","outputs":[],"retries":0}]}],"policies":[]}',1795252982519,'local');
INSERT INTO "run_params" VALUES('76cc004a097b10e8c3a657ae179e27c4','depth','3');
INSERT INTO "run_params" VALUES('535297c92a5a20bc43446a6757f4f6d5','depth','3');
INSERT INTO "run_tags" VALUES('76cc004a097b10e8c3a657ae179e27c4','mlflow.runName','run 0');
INSERT INTO "run_tags" VALUES('76cc004a097b10e8c3a657ae179e27c4','colour','red');
INSERT INTO "run_tags" VALUES('535297c92a5a20bc43446a6757f4f6d5','mlflow.runName','run 1');
INSERT INTO "run_tags" VALUES('535297c92a5a20bc43446a6757f4f6d5','colour','red');
INSERT INTO "runs" VALUES('76cc004a097b10e8c3a657ae179e27c4',1,'run 0','','RUNNING','active',1000,NULL,'mlflow-artifacts:/1/76cc004a097b10e8c3a657ae179e27c4/artifacts',NULL);
INSERT INTO "runs" VALUES('535297c92a5a20bc43446a6757f4f6d5',1,'run 1','','RUNNING','active',1001,NULL,'mlflow-artifacts:/1/535297c92a5a20bc43446a6757f4f6d5/artifacts',NULL);
INSERT INTO "schedules" VALUES('pipeline/one','0 3 * * *','UTC','pipeline.scheduled','{"pipeline":"one"}',0,1795252982516,NULL,1795316400000);
INSERT INTO "tokens" VALUES('ann','editor','22ea76d59a68a53655f72ae4b9638bd8fe0e0321985eb163b0aa022ad683347b',1795252982339);
