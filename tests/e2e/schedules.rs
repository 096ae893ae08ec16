//! Scheduled publications: what was scheduled, when it was to happen, once, whoever looks and however late.
//! The server is stopped and its clock is a parameter, so that no story waits.

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{TryStreamExt, future::join_all};
use municipio_domain::{
    audit::AuditLog,
    content::{
        ContentError, ContentType, Contents, LifeStep, Plan, ScheduleStatus, Scheduled,
        cancel_schedule, fire_due, move_on, purge, schedule,
    },
    ids::ItemId,
    store::{Database, Log},
    tenants::Tenant,
    time::Moment,
};
use municipio_tests::{Editor, Engine, TestApp, noon, on_both, story::global_id};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::json;

use crate::lifecycle::{Desk, codes, topic};

/// A municipality whose server does not run.
struct Night {
    app: TestApp,
    tenant: Tenant,
    database: Database,
    editor: Editor,
}

fn at(hours: i64) -> DateTime<Utc> {
    noon() + TimeDelta::hours(hours)
}

impl Night {
    async fn new(engine: Engine) -> Self {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        app.stop().await;
        let database = app.other_program().await;
        Self {
            editor: Editor::new(database.clone(), &tenant),
            app,
            tenant,
            database,
        }
    }

    async fn plan(&self, id: ItemId, plan: Plan, now: DateTime<Utc>) -> Result<(), ContentError> {
        let transaction = self.database.tenant(self.tenant.id).begin().await?;
        schedule(&transaction, id, plan, "account:test", now).await?;
        Ok(transaction.commit().await?)
    }

    async fn publish_at(&self, id: ItemId, hours: i64) {
        let plan = Plan {
            publish_at: Some(at(hours)),
            expire_at: None,
        };
        self.plan(id, plan, noon()).await.unwrap();
    }

    fn contents(&self) -> Contents {
        Contents::new(self.database.tenant(self.tenant.id), Contents::cache(0))
    }

    /// The title that readers see.
    async fn shown(&self, id: ItemId) -> Option<String> {
        let items = self.contents().published(&[id]).await.unwrap();
        let title = |item: &municipio_domain::content::Item| item.body.title();
        items
            .first()
            .map(|item| title(item).italian().unwrap_or_default().to_owned())
    }

    async fn schedules(&self, id: ItemId) -> Vec<Scheduled> {
        let mut schedules = self.contents().schedules(&[id]).await.unwrap();
        schedules.remove(&id).unwrap_or_default()
    }

    async fn statuses(&self, id: ItemId) -> Vec<ScheduleStatus> {
        let schedules = self.schedules(id).await.into_iter();
        schedules.map(|scheduled| scheduled.status).collect()
    }

    /// The names of what the audit log has.
    async fn audited(&self) -> Vec<String> {
        let log = AuditLog::new(self.database.tenant(self.tenant.id));
        let entries: Vec<_> = log.entries(0).try_collect().await.unwrap();
        entries.into_iter().map(|entry| entry.name).collect()
    }

    /// How many changes readers were told of.
    async fn changes(&self) -> i64 {
        self.contents().last_change().await.unwrap()
    }
}

on_both! {
    async fn what_was_scheduled_is_published_and_taken_off_in_its_time(engine) {
        let night = Night::new(engine).await;
        let id = night.editor.draft(ContentType::Topic, topic("Programmato")).await;
        let plan = Plan { publish_at: Some(at(2)), expire_at: Some(at(5)) };
        night.plan(id, plan, noon()).await.unwrap();
        // What is written later waits for its own publication.
        night.editor.rewrite(id, ContentType::Topic, topic("Scritto dopo")).await.unwrap();
        assert_eq!(fire_due(&night.database, at(1)).await.unwrap(), Some(at(2)), "nothing is due yet");
        assert_eq!(night.shown(id).await, None);
        assert_eq!(fire_due(&night.database, at(2)).await.unwrap(), Some(at(5)));
        assert_eq!(night.shown(id).await.as_deref(), Some("Programmato"));
        assert_eq!(fire_due(&night.database, at(3)).await.unwrap(), Some(at(5)));
        assert_eq!(night.changes().await, 1, "once");
        assert_eq!(fire_due(&night.database, at(5)).await.unwrap(), None);
        assert_eq!(night.shown(id).await, None);
        assert_eq!(night.changes().await, 2);
        assert_eq!(night.statuses(id).await, [ScheduleStatus::Done, ScheduleStatus::Done]);
    }
}

on_both! {
    async fn after_a_downtime_everything_happens_in_its_order(engine) {
        let night = Night::new(engine).await;
        let over = night.editor.draft(ContentType::Topic, topic("Passato")).await;
        let plan = Plan { publish_at: Some(at(2)), expire_at: Some(at(5)) };
        night.plan(over, plan, noon()).await.unwrap();
        let late = night.editor.draft(ContentType::Topic, topic("In ritardo")).await;
        night.publish_at(late, 4).await;
        let ahead = night.editor.draft(ContentType::Topic, topic("Futuro")).await;
        night.publish_at(ahead, 1_000).await;
        assert_eq!(fire_due(&night.database, at(100)).await.unwrap(), Some(at(1_000)));
        assert_eq!(night.shown(over).await, None);
        assert_eq!(night.shown(late).await.as_deref(), Some("In ritardo"));
        assert_eq!(night.shown(ahead).await, None);
        assert_eq!(night.changes().await, 3, "published, taken off, and the other published");
    }
}

on_both! {
    async fn what_is_scheduled_at_the_same_time_is_not_overlooked(engine) {
        let night = Night::new(engine).await;
        let first = night.editor.draft(ContentType::Topic, topic("Prima")).await;
        night.publish_at(first, 2).await;
        let second = night.editor.draft(ContentType::Topic, topic("Dopo")).await;
        let transaction = night.database.tenant(night.tenant.id).begin().await.unwrap();
        let plan = Plan { publish_at: Some(at(5)), expire_at: None };
        schedule(&transaction, second, plan, "account:test", noon()).await.unwrap();
        // SQLite has one that writes at a time.
        if engine == Engine::Postgres {
            let free = "SELECT id FROM tenant FOR NO KEY UPDATE SKIP LOCKED";
            let free = Statement::from_string(DbBackend::Postgres, free);
            let free = night.app.administrator().await.query_all_raw(free).await.unwrap();
            assert_eq!(free.len(), 0, "whoever looks for the next time waits");
        }
        transaction.commit().await.unwrap();
        assert_eq!(fire_due(&night.database, at(2)).await.unwrap(), Some(at(5)));
    }
}

on_both! {
    async fn two_nodes_do_it_once(engine) {
        let night = Night::new(engine).await;
        let mut ids = Vec::new();
        for number in 0..6 {
            let id = night.editor.draft(ContentType::Topic, topic(&format!("Tema {number}"))).await;
            night.publish_at(id, 1).await;
            ids.push(id);
        }
        let other = night.app.other_program().await;
        let nodes = [&night.database, &other, &night.database, &other];
        let fired = join_all(nodes.map(|node| fire_due(node, at(2)))).await;
        assert!(fired.iter().all(Result::is_ok), "{fired:?}");
        // Whoever met another node on the same item left it for the next time.
        fire_due(&other, at(2)).await.unwrap();
        for id in ids {
            assert!(night.shown(id).await.is_some());
            assert_eq!(night.statuses(id).await, [ScheduleStatus::Done]);
        }
        assert_eq!(night.changes().await, 6);
    }
}

on_both! {
    async fn what_is_refused_in_its_time_says_why_and_is_not_tried_again(engine) {
        let night = Night::new(engine).await;
        let waiting = night.editor.draft(ContentType::Topic, topic("Conteso")).await;
        night.publish_at(waiting, 1).await;
        let faster = night.editor.draft(ContentType::Topic, topic("Conteso")).await;
        night.editor.publish(faster).await.unwrap();
        assert_eq!(fire_due(&night.database, at(2)).await.unwrap(), None);
        let schedules = night.schedules(waiting).await;
        assert_eq!(schedules[0].status, ScheduleStatus::Refused);
        assert_eq!(schedules[0].reasons[0].code, "SLUG_TAKEN");
        assert_eq!(schedules[0].settled_at, Some(at(2)));
        assert_eq!(night.shown(waiting).await, None);
        night.editor.unpublish(faster).await;
        fire_due(&night.database, at(3)).await.unwrap();
        assert_eq!(night.statuses(waiting).await, [ScheduleStatus::Refused]);
    }
}

on_both! {
    async fn what_cannot_be_read_is_refused_and_keeps_nothing_else_back(engine) {
        let night = Night::new(engine).await;
        let broken = night.editor.draft(ContentType::Topic, topic("Rotto")).await;
        night.publish_at(broken, 1).await;
        let sound = night.editor.draft(ContentType::Topic, topic("Sano")).await;
        night.publish_at(sound, 2).await;
        let connection = night.app.administrator().await;
        let write = async |action: &str| {
            let due = at(1).timestamp_millis();
            let sql = format!("UPDATE content_schedule SET action = '{action}' WHERE due_key = {due}");
            assert_eq!(connection.execute_unprepared(&sql).await.unwrap().rows_affected(), 1);
        };
        write("dance").await;
        assert_eq!(fire_due(&night.database, at(3)).await.unwrap(), None, "it is not tried for ever");
        assert_eq!(night.shown(sound).await.as_deref(), Some("Sano"));
        write("publish").await;
        let schedules = night.schedules(broken).await;
        assert_eq!(schedules[0].status, ScheduleStatus::Refused);
        assert_eq!(schedules[0].reasons[0].code, "UNREADABLE");
        assert_eq!(night.audited().await, ["tenant.create", "content.refuse_schedule", "content.publish"]);
    }
}

on_both! {
    async fn what_was_deleted_long_ago_is_purged_and_written_down(engine) {
        let night = Night::new(engine).await;
        let gone = night.editor.draft(ContentType::Topic, topic("Andato")).await;
        let kept = night.editor.draft(ContentType::Topic, topic("Recente")).await;
        let store = night.database.tenant(night.tenant.id);
        for (id, hours) in [(gone, 0), (kept, 24)] {
            let transaction = store.begin().await.unwrap();
            move_on(&transaction, id, LifeStep::Delete, at(hours)).await.unwrap();
            transaction.commit().await.unwrap();
        }
        let ninety = 90 * 24;
        assert_eq!(purge(&store, &night.tenant, at(ninety)).await.unwrap(), 0, "not before 90 days are over");
        assert_eq!(purge(&store, &night.tenant, at(ninety + 1)).await.unwrap(), 1);
        let left = night.contents().work_items(&[gone, kept]).await.unwrap();
        assert_eq!(left.iter().map(|item| item.id).collect::<Vec<_>>(), [kept]);
        assert!(night.contents().history(&[gone], None, 10).await.unwrap().is_empty());
        assert_eq!(night.audited().await, ["tenant.create", "content.purge"]);
        let entries: Vec<_> = AuditLog::new(store).entries(1).try_collect().await.unwrap();
        assert_eq!(entries[0].details, json!({ "subjects": [global_id(ContentType::Topic, gone)] }));
    }
}

on_both! {
    async fn plans_that_make_no_sense_are_refused_and_those_that_are_over_are_dropped(engine) {
        let night = Night::new(engine).await;
        let id = night.editor.draft(ContentType::Topic, topic("Piani")).await;
        let plan = |publish: Option<i64>, expire: Option<i64>| Plan {
            publish_at: publish.map(at),
            expire_at: expire.map(at),
        };
        for (wrong, code) in [
            (plan(None, None), "MISSING"),
            (plan(Some(0), None), "IN_THE_PAST"),
            (plan(Some(4), Some(4)), "END_BEFORE_START"),
            (plan(None, Some(4)), "NOT_PUBLISHED"),
        ] {
            match night.plan(id, wrong, noon()).await {
                Err(ContentError::Invalid(errors)) => assert_eq!(errors[0].code, code),
                other => panic!("{code}: {other:?}"),
            }
        }
        let empty = night.editor.draft(ContentType::Topic, json!({ "title": "Vuoto" })).await;
        let refused = night.plan(empty, plan(Some(1), None), noon()).await;
        assert!(matches!(refused, Err(ContentError::NotPublishable(_))), "{refused:?}");

        night.publish_at(id, 4).await;
        night.publish_at(id, 6).await;
        assert_eq!(fire_due(&night.database, at(4)).await.unwrap(), Some(at(6)), "the later plan counts");
        let transaction = night.database.tenant(night.tenant.id).begin().await.unwrap();
        assert_eq!(cancel_schedule(&transaction, id, None, at(5)).await.unwrap(), 1);
        transaction.commit().await.unwrap();
        fire_due(&night.database, at(6)).await.unwrap();
        assert_eq!(night.shown(id).await, None);

        night.publish_at(id, 8).await;
        night.editor.publish(id).await.unwrap();
        let schedules = night.schedules(id).await;
        assert_eq!(schedules[0].status, ScheduleStatus::Cancelled, "an older revision must not come back");
        assert_eq!(schedules[0].reasons[0].code, "SUPERSEDED");
    }
}

on_both! {
    async fn the_clock_in_italy_decides_across_both_of_its_changes(engine) {
        let night = Night::new(engine).await;
        let instant = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        for (local, begins, ends) in [
            // 29 March 2026: after 01:59 comes 03:00.
            ("2026-03-29T02:30", "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z"),
            // 25 October 2026: 02:30 comes twice.
            ("2026-10-25T02:30", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"),
        ] {
            let moment: Moment = local.parse().unwrap();
            let before = instant(begins) - TimeDelta::days(2);
            let second = TimeDelta::seconds(1);
            let begin = night.editor.draft(ContentType::Topic, topic(&format!("Inizio {local}"))).await;
            let plan = Plan { publish_at: Some(moment.begins()), expire_at: None };
            night.plan(begin, plan, before).await.unwrap();
            let end = night.editor.published(ContentType::Topic, topic(&format!("Fine {local}"))).await;
            let plan = Plan { publish_at: None, expire_at: Some(moment.ends()) };
            night.plan(end, plan, before).await.unwrap();

            fire_due(&night.database, instant(begins) - second).await.unwrap();
            assert_eq!(night.shown(begin).await, None, "{local}");
            fire_due(&night.database, instant(begins)).await.unwrap();
            assert!(night.shown(begin).await.is_some(), "{local}");
            fire_due(&night.database, instant(ends) - second).await.unwrap();
            assert_eq!(night.shown(end).await.is_some(), begins != ends, "{local}");
            fire_due(&night.database, instant(ends)).await.unwrap();
            assert_eq!(night.shown(end).await, None, "{local}");
        }
    }
}

on_both! {
    async fn schedules_are_made_shown_and_called_off_by_mutation(engine) {
        let desk = Desk::new(engine).await;
        let (item, id) = desk.draft("Domani").await;
        let input = json!({ "id": id, "publishAt": "2199-07-01T08:00", "expireAt": "2199-12-31T23:00:00+01:00" });
        let made = desk.run("schedule", "ScheduleInput", input).await;
        assert_eq!(made["userErrors"], json!([]));
        desk.editor.rewrite(item, ContentType::Topic, topic("Dopodomani")).await.unwrap();
        let fields = "schedules { action dueAt status author reasons { code } revision { number content { title } } }";
        let shown = desk.item(&id, fields).await;
        let schedules = shown["schedules"].as_array().unwrap();
        assert_eq!(schedules[0]["action"], json!("UNPUBLISH"));
        assert_eq!(schedules[0]["dueAt"], json!("2199-12-31T22:00:00+00:00"));
        assert_eq!(schedules[1]["action"], json!("PUBLISH"));
        assert_eq!(schedules[1]["status"], json!("PENDING"));
        assert_eq!(schedules[1]["revision"]["content"]["title"], json!("Domani"), "what was the newest then");
        assert!(schedules[1]["author"].as_str().unwrap().starts_with("account:"));

        let wrong = desk.run("schedule", "ScheduleInput", json!({ "id": id, "publishAt": "2001-01-01" })).await;
        assert_eq!(codes(&wrong), ["IN_THE_PAST"]);
        assert_eq!(wrong["userErrors"][0]["path"], json!("publishAt"));
        let off = desk.run("cancelSchedule", "CancelScheduleInput", json!({ "id": id, "action": "PUBLISH" })).await;
        assert_eq!(off["userErrors"], json!([]));
        let shown = desk.item(&id, "schedules { status }").await;
        assert_eq!(shown["schedules"], json!([{ "status": "PENDING" }, { "status": "CANCELLED" }]));
        desk.run("archive", "ContentStateInput", json!({ "id": id })).await;
        let shown = desk.item(&id, "schedules { status reasons { code } }").await;
        assert_eq!(shown["schedules"][0], json!({ "status": "CANCELLED", "reasons": [{ "code": "RETIRED" }] }));
    }
}

on_both! {
    async fn the_server_does_what_is_due_without_being_asked(engine) {
        let desk = Desk::new(engine).await;
        let (item, id) = desk.draft("Tra poco").await;
        let token = &desk.token;
        let subscription = desk.app.database.feeds();
        let mut grown = subscription.subscribe(desk.tenant.id, Log::Content, 0);
        let soon = municipio_tests::now() + TimeDelta::milliseconds(1_500);
        let query = "mutation($id: ID!, $at: LocalDateTime!) { schedule(input: { id: $id, publishAt: $at }) { userErrors { code } } }";
        let made = desk.app.data_as(token, query, json!({ "id": id, "at": soon.to_rfc3339() })).await;
        assert_eq!(made["schedule"]["userErrors"], json!([]));
        // Told by the log of changes, not by looking again and again.
        grown.changed().await.unwrap();
        assert!(municipio_tests::now() >= soon - TimeDelta::milliseconds(1));
        let shown = desk.app.read("", "query($id: ID!) { topic(by: { id: $id }) { title } }",
            json!({ "id": global_id(ContentType::Topic, item) })).await;
        assert_eq!(shown["topic"]["title"], json!("Tra poco"));
    }
}
