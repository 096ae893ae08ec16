//! Figures of cases are those that one counts by hand.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use municipio_domain::{cases::Cases, content::ContentType, content::Contents, time::legal_day};
use municipio_migration::{Migrator, MigratorTrait};
use municipio_tests::{now, on_both, story::global_id};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{
    sight::Dice,
    story::{Story, definition, procedure},
};
use crate::rest::{contract, faults, whole};

const FIGURES: &str = "begun begunOnline closed closedInTime closedLate shareInTime averageDays longestDays open overdue";

/// A case, as one counts it by hand.
struct Counted {
    procedure: String,
    office: String,
    state: String,
    channel: String,
    begun: NaiveDate,
    closed: Option<NaiveDate>,
    due: Option<NaiveDate>,
}

impl Counted {
    fn of(case: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let day = |value: &Value| value.as_str().map(|day| day.parse::<NaiveDate>().unwrap());
        let moment = |value: &Value| {
            let moment = value.as_str()?.parse::<DateTime<Utc>>().unwrap();
            Some(legal_day(moment))
        };
        Self {
            procedure: text(&case["procedure"]["id"]),
            office: text(&case["office"]["id"]),
            state: text(&case["state"]["code"]),
            channel: text(&case["channel"]),
            begun: day(&case["protocol"]["date"])
                .unwrap_or_else(|| moment(&case["openedAt"]).unwrap()),
            closed: moment(&case["closedAt"]),
            due: day(&case["dueOn"]),
        }
    }
}

/// The figures of these cases in a period, as GraphQL shows them.
fn figures(cases: &[&Counted], from: NaiveDate, until: NaiveDate, today: NaiveDate) -> Value {
    let within = |day: NaiveDate| from <= day && day <= until;
    let begun: Vec<_> = cases.iter().filter(|case| within(case.begun)).collect();
    let closed = cases.iter().filter(|case| case.closed.is_some_and(within));
    let closed: Vec<_> = closed.collect();
    let days: Vec<_> = closed
        .iter()
        .map(|case| (case.closed.unwrap() - case.begun).num_days())
        .collect();
    let with_term = closed
        .iter()
        .filter_map(|case| Some(case.closed? <= case.due?));
    let with_term: Vec<_> = with_term.collect();
    let in_time = with_term.iter().filter(|in_time| **in_time).count();
    let open = cases
        .iter()
        .filter(|case| case.begun <= until && case.closed.is_none_or(|day| day > until));
    let open: Vec<_> = open.collect();
    let overdue = open
        .iter()
        .filter(|case| case.due.is_some_and(|due| due < until.min(today)));
    let ratio = |part: f64, whole: usize| (whole > 0).then(|| part / whole as f64);
    json!({
        "begun": begun.len(),
        "begunOnline": begun.iter().filter(|case| case.channel == "ONLINE").count(),
        "closed": closed.len(),
        "closedInTime": in_time,
        "closedLate": with_term.len() - in_time,
        "shareInTime": ratio(in_time as f64, with_term.len()),
        "averageDays": ratio(days.iter().sum::<i64>() as f64, days.len()),
        "longestDays": days.iter().max(),
        "open": open.len(),
        "overdue": overdue.count(),
    })
}

impl Story {
    /// Some cases of two procedures and three offices, begun on different days, some of them closed.
    async fn some_cases(&self) {
        let mut body = definition();
        body["deadline"] = json!({ "days": 30 });
        body["transitions"][0]["deadline"] = json!("start");
        body["transitions"][4]["deadline"] = json!("end");
        body["transitions"][5]["deadline"] = json!("start");
        let with_term = procedure("Con termine", self.offices[1], &body);
        let with_term = self
            .editor
            .published(ContentType::Procedure, with_term)
            .await;
        let anna = self.app.citizen(&self.tenant, 1).await;
        let mut dice = Dice(11);
        for number in 0..16 {
            let kind = [self.procedure, with_term][dice.roll(2)];
            let procedure = global_id(ContentType::Procedure, kind);
            let case = match dice.roll(3) {
                0 => {
                    let input = json!({ "procedure": procedure, "subject": "In linea", "data": { "address": "Via Roma 1" } });
                    self.done(&anna, "startCase", input).await
                }
                _ => {
                    let office = global_id(ContentType::Office, self.offices[dice.roll(3)]);
                    let input = json!({ "procedure": procedure, "office": office, "subject": "Allo sportello" });
                    self.done(&self.chief, "openCase", input).await
                }
            };
            if dice.roll(5) == 0 {
                continue;
            }
            let form = json!({ "id": case["id"], "kind": "DOCUMENT", "code": "form" });
            let case = self.done(&self.chief, "addCaseEvidence", form).await;
            let date = legal_day(now()) - TimeDelta::days(dice.roll(60) as i64);
            let register = json!({ "id": case["id"], "expectedVersion": case["version"], "transition": "register",
                "protocol": { "number": number.to_string(), "date": date } });
            let case = self.done(&self.chief, "transitionCase", register).await;
            if dice.roll(2) == 0 {
                let refuse = json!({ "id": case["id"], "expectedVersion": case["version"], "transition": "refuse", "reasons": "Non spetta." });
                self.done(&self.chief, "transitionCase", refuse).await;
            }
        }
    }

    async fn counted(&self, token: &str) -> Vec<Counted> {
        let query = "{ cases(first: 100) { nodes { procedure { id } office { id } state { code } channel openedAt closedAt dueOn protocol { date } } } }";
        let cases = self.ask(token, query, json!({})).await["cases"]["nodes"].take();
        cases.as_array().unwrap().iter().map(Counted::of).collect()
    }
}

on_both! {
    async fn figures_are_those_that_one_counts(engine) {
        let story = Story::begin(engine).await;
        story.some_cases().await;
        let (officer, today) = (story.officer(story.offices[0]).await, legal_day(now()));
        let query = format!("query($from: NaiveDate!, $until: NaiveDate!) {{ caseInsight(from: $from, until: $until) {{ from until total {{ {FIGURES} }}
            procedures {{ procedure {{ id }} figures {{ {FIGURES} }} }} offices {{ office {{ id }} figures {{ {FIGURES} }} }}
            states {{ procedure {{ id }} state standing averageDays }}
            survey {{ procedures followable shareFollowable shareBegunOnline averageDays shareInTime }} }} }}");
        let day = |days: i64| today - TimeDelta::days(days);
        for token in [&story.chief, &officer] {
            let cases = story.counted(token).await;
            assert!(cases.len() > 5, "{}", cases.len());
            for (from, until) in [(day(400), today), (day(30), today), (day(50), day(20)), (today, today), (day(500), day(400))] {
                let variables = json!({ "from": from, "until": until });
                let seen = story.ask(token, &query, variables).await["caseInsight"].take();
                let touched = |case: &&Counted| case.begun <= until && case.closed.is_none_or(|day| day >= from);
                let these: Vec<_> = cases.iter().filter(touched).collect();
                let right = figures(&these, from, until, today);
                assert_eq!(seen["total"], right, "{from} {until}");
                assert_eq!((&seen["from"], &seen["until"]), (&json!(from), &json!(until)));
                for (list, one, key) in [("procedures", "procedure", 0), ("offices", "office", 1)] {
                    let shown = seen[list].as_array().unwrap();
                    let mut keys: Vec<_> = these.iter().map(|case| [&case.procedure, &case.office][key]).collect();
                    keys.sort_unstable();
                    keys.dedup();
                    assert_eq!(shown.len(), keys.len());
                    for row in shown {
                        let id = row[one]["id"].as_str().unwrap();
                        let own: Vec<_> = these.iter().copied().filter(|case| [&case.procedure, &case.office][key] == id).collect();
                        assert_eq!(row["figures"], figures(&own, from, until, today), "{id}");
                    }
                }
                for row in seen["states"].as_array().unwrap() {
                    let stands = |case: &&&Counted| case.closed.is_none() && row["state"] == case.state && row["procedure"]["id"] == case.procedure;
                    assert_eq!(row["standing"], these.iter().filter(stands).count(), "{row}");
                    assert_eq!(row["averageDays"], 0.0, "they came there today");
                }
                let survey = &seen["survey"];
                assert_eq!((&survey["procedures"], &survey["followable"], &survey["shareFollowable"]), (&json!(2), &json!(2), &json!(1.0)));
                assert_eq!((&survey["averageDays"], &survey["shareInTime"]), (&right["averageDays"], &right["shareInTime"]));
            }
        }
        let backwards = story.app.post().bearer_auth(&story.chief).json(&json!({ "query": query, "variables": { "from": today, "until": day(1) } }));
        let refused: Value = backwards.send().await.unwrap().json().await.unwrap();
        assert_eq!(refused["errors"][0]["extensions"]["argument"], "until");
        let one = format!("query($filter: CaseInsightFilter) {{ caseInsight(from: \"2020-01-01\", until: \"{today}\", filter: $filter) {{ total {{ begun }} }} }}");
        let filter = json!({ "procedure": global_id(ContentType::Procedure, story.procedure), "office": global_id(ContentType::Office, story.offices[2]) });
        let seen = story.ask(&story.chief, &one, json!({ "filter": filter })).await;
        let own = story.counted(&story.chief).await;
        let own = own.iter().filter(|case| filter["procedure"] == case.procedure && filter["office"] == case.office).count();
        assert_eq!(seen["caseInsight"]["total"]["begun"], own);
    }
}

on_both! {
    async fn the_table_says_the_same_as_the_contract_has_it(engine) {
        let story = Story::begin(engine).await;
        story.some_cases().await;
        let officer = story.officer(story.offices[1]).await;
        let today = legal_day(now());
        let get = async |token: Option<&str>, query: &str| {
            let request = story.app.get(&format!("/api/v1/insight/cases.csv{query}")).header("host", "www.x001.example");
            let request = match token {
                Some(token) => request.bearer_auth(token),
                None => request,
            };
            request.send().await.unwrap()
        };
        let period = format!("?from=2020-01-01&until={today}");
        for token in [&story.chief, &officer] {
            let answer = get(Some(token), &period).await;
            assert_eq!(answer.status(), StatusCode::OK);
            assert_eq!(answer.headers()["content-type"], "text/csv; charset=utf-8; header=present");
            assert_eq!(answer.headers()["cache-control"], "private, no-store");
            let table = answer.text().await.unwrap();
            let mut lines = table.split("\r\n");
            let columns: Vec<_> = lines.next().unwrap().split(',').collect();
            let place = |name: &str| columns.iter().position(|column| *column == name).unwrap();
            let rows: Vec<Vec<_>> = lines.filter(|line| !line.is_empty()).map(|line| line.split(',').collect()).collect();
            let cases = story.counted(token).await;
            let mut keys: Vec<_> = cases.iter().map(|case| (&case.procedure, &case.office)).collect();
            keys.sort_unstable();
            keys.dedup();
            assert_eq!(rows.len(), keys.len());
            for row in &rows {
                let own: Vec<_> = cases.iter().filter(|case| case.procedure == row[place("procedure")] && case.office == row[place("office")]).collect();
                let right = figures(&own, "2020-01-01".parse().unwrap(), today, today);
                for (column, figure) in [("begun", "begun"), ("begun_online", "begunOnline"), ("closed", "closed"), ("closed_in_time", "closedInTime"),
                    ("closed_late", "closedLate"), ("open", "open"), ("overdue", "overdue")] {
                    assert_eq!(row[place(column)], right[figure].to_string(), "{column}");
                }
                let average = right["averageDays"].as_f64().map_or_else(String::new, |days| format!("{days:.2}"));
                assert_eq!(row[place("average_days")], average);
                assert!(["Con termine", "Cambio di residenza"].contains(&row[place("procedure_title")]));
                assert!(["Area", "Anagrafe", "Tributi"].contains(&row[place("office_title")]));
            }
        }
        let contract = contract(&story.app).await;
        let said = &contract["paths"]["/insight/cases.csv"]["get"]["responses"];
        let author = story.app.signed_in_at(&story.tenant, &["author"]).await;
        for (token, query, status) in [
            (Some(story.chief.as_str()), "", 400), (Some(&story.chief), "?from=2026-01-01", 400), (Some(&story.chief), "?from=2026-02-30&until=2026-03-01", 400),
            (Some(&story.chief), "?from=2026-03-01&until=2026-02-01", 400), (Some(&story.chief), "?from=2026-01-01&until=2026-02-01&x=1", 400),
            (None, &period, 401), (Some(&author), &period, 403),
        ] {
            let answer = get(token, query).await;
            assert_eq!(answer.status().as_u16(), status, "{query}");
            assert_eq!(answer.headers()["content-type"], "application/problem+json");
            let said = whole(&contract, &said[status.to_string()]);
            let schema = &said["content"]["application/problem+json"]["schema"];
            assert_eq!(faults(schema, &answer.json().await.unwrap()), Vec::<String>::new(), "{query}");
        }
    }
}

on_both! {
    async fn figures_take_the_same_few_statements_however_many_cases_there_are(engine) {
        let story = Story::begin(engine).await;
        let query = format!("{{ caseInsight(from: \"2020-01-01\", until: \"2030-01-01\") {{ total {{ {FIGURES} }} procedures {{ procedure {{ title }} figures {{ {FIGURES} }} }}
            offices {{ office {{ title }} figures {{ {FIGURES} }} }} states {{ procedure {{ title }} state standing }} survey {{ followable }} }} }}");
        let statements = async || {
            let work = async || { story.ask(&story.chief, &query, json!({})).await; };
            story.app.statements(work).await
        };
        story.open(&story.chief, story.offices[1], "Una").await;
        let few = statements().await;
        story.some_cases().await;
        assert_eq!(few, statements().await);
    }
}

on_both! {
    async fn what_is_counted_of_older_cases_is_written_down_when_the_database_is_migrated(engine) {
        let story = Story::begin(engine).await;
        story.some_cases().await;
        let by_hand = story.app.by_hand().await;
        let connection = by_hand.administrator().await;
        // Behind this one, and then on again.
        let later = Migrator::migrations().iter().rev().position(|migration| migration.name().contains("000080")).unwrap();
        Migrator::down(&connection, Some(later as u32 + 1)).await.unwrap();
        Migrator::up(&connection, None).await.unwrap();
        let contents = Contents::new(by_hand.database.tenant(story.tenant.id), Contents::cache(8));
        let verified = Cases::from(&contents).verify().await.unwrap();
        assert!(verified.is_intact() && verified.cases == 16, "{verified:?}");
    }
}
