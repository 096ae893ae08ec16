//! What is kept of a person is handed out to them, and erased when the law allows it; the chain of events holds.

use chrono::TimeDelta;
use futures_util::TryStreamExt;
use municipio_domain::{
    audit::{Actor, AuditLog},
    cases::{Cases, erase_expired, erase_person},
    citizens::DEMO_CITIZENS,
    content::{ContentType, Contents},
    time::legal_day,
};
use municipio_tests::{
    now, on_both,
    story::{column, global_id, with},
};
use reqwest::Method;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::{
    citizen::with_drafts,
    reports::report,
    story::{MARIO, Story, procedure, wrong},
};

const EXPORT: &str = "mutation($input: ExportPersonInput!) { exportPerson(input: $input) { export { document next } userErrors { code path } } }";
const ERASE: &str = "mutation($input: ErasePersonInput!) { erasePerson(input: $input) {
    cases { caseId isErased keptFor keptUntil } delegations next userErrors { code } } }";

impl Story {
    /// A procedure whose cases are kept for a year, by its global id.
    async fn kept_for_a_year(&self) -> Value {
        let definition = with(
            with_drafts(),
            json!({ "retention": { "years": 1, "legal_basis": "Piano di conservazione" } }),
        );
        let body = procedure("Accesso agli atti", self.offices[1], &definition);
        let id = self.editor.published(ContentType::Procedure, body).await;
        json!(global_id(ContentType::Procedure, id))
    }

    /// A case of Mario that was refused, beside one that is under way.
    async fn refused(&self, procedure: &Value) -> Value {
        let mario = json!({ "fiscalCode": MARIO, "name": "Mario Rossi" });
        let input = json!({ "procedure": procedure, "subject": "Trasloco", "applicant": mario });
        self.done(&self.chief, "openCase", input).await;
        let said = with(
            report("refused", "2026-03-02T12:00:00Z"),
            json!({ "procedure": "accesso-agli-atti", "reasons": "Motivi di Mario" }),
        );
        let (status, body) = self.put("anagrafe/cases/AN-1", &said).await;
        assert_eq!(status.as_u16(), 201, "{body:#}");
        body["case"]["id"].clone()
    }

    async fn erase(&self, token: &str, input: Value) -> Value {
        self.ask(token, ERASE, json!({ "input": input })).await["erasePerson"].take()
    }

    pub(super) fn cases(&self) -> Cases {
        let store = self.app.database.tenant(self.tenant.id);
        Cases::from(&Contents::new(store, Contents::cache(10)))
    }

    /// The names of the last entries of the audit log.
    async fn deeds(&self, count: usize) -> Vec<String> {
        let log = AuditLog::new(self.app.database.tenant(self.tenant.id));
        let entries: Vec<_> = log.entries(0).try_collect().await.unwrap();
        entries
            .iter()
            .rev()
            .take(count)
            .map(|entry| entry.name.clone())
            .collect()
    }
}

on_both! {
    async fn all_that_is_kept_of_a_person_is_handed_out(engine) {
        let story = Story::begin(engine).await;
        let officer = story.app.signed_in_at(&story.tenant, &["privacy-officer"]).await;
        let procedure = story.kept_for_a_year().await;
        let anna = story.app.citizen(&story.tenant, 1).await;
        let start = json!({ "procedure": procedure, "subject": "Copia di un atto", "data": { "address": "Via Roma 1" } });
        let case = story.done(&anna, "startCase", start.clone()).await;
        let form = json!({ "id": case["id"], "kind": "DOCUMENT", "code": "form", "title": "Modulo", "reference": "M-1" });
        let case = story.done(&anna, "addCaseEvidence", form).await;
        let submit = json!({ "id": case["id"], "expectedVersion": case["version"], "transition": "submit" });
        story.done(&anna, "transitionCase", submit).await;
        story.done(&anna, "startCase", start).await;
        for (audience, text) in [("OFFICE", "Nota interna"), ("EVERYONE", "Buongiorno")] {
            let message = json!({ "id": case["id"], "audience": audience, "text": text });
            story.done(&story.chief, "sendCaseMessage", message).await;
        }

        let input = json!({ "fiscalCode": DEMO_CITIZENS[0].fiscal_code });
        let exported = story.ask(&officer, EXPORT, json!({ "input": input })).await["exportPerson"].take();
        assert_eq!((&exported["userErrors"], &exported["export"]["next"]), (&json!([]), &Value::Null));
        let cases = &exported["export"]["document"]["cases"];
        assert_eq!(cases.as_array().unwrap().len(), 2, "drafts too: {cases:#}");
        assert_eq!(cases[0]["people"]["applicant"]["fiscalCode"], DEMO_CITIZENS[0].fiscal_code);
        assert_eq!(cases[0]["role"], "applicant");
        let events = &cases[0]["events"];
        let said = events.to_string();
        for word in ["Via Roma 1", "Modulo", "Nota interna", "Buongiorno", "account:"] {
            assert!(said.contains(word), "{word}: {said}");
        }
        assert_eq!(events[0]["what"]["name"], "opened");
        assert_eq!(story.deeds(1).await, ["person.export"]);

        // The person has it without what the office notes for itself, and who of the office it was.
        let own = "query($after: String) { citizen { export(after: $after) { document next } } }";
        let own = story.ask(&anna, own, json!({})).await["citizen"]["export"].take();
        let said = own["document"].to_string();
        assert!(said.contains("Buongiorno") && !said.contains("Nota interna"), "{said}");
        assert!(!said.contains("account:") && said.contains("\"reader\":\"account\""), "{said}");
        let luca = story.app.citizen(&story.tenant, 2).await;
        let others = story.ask(&luca, "{ citizen { export { document } } }", json!({})).await;
        assert_eq!(others["citizen"]["export"]["document"]["cases"], json!([]));
        // That the officer read it is known to the person.
        let log = "query($id: ID!) { case(id: $id) { accessLog { actor } } }";
        let log = story.ask(&anna, log, json!({ "id": case["id"] })).await;
        assert_eq!(column(&log["case"]["accessLog"], "actor").iter().filter(|actor| *actor == "OFFICER").count(), 2);

        let wrong_code = json!({ "fiscalCode": "RSSMRA80A01H501V" });
        let refused = story.ask(&officer, EXPORT, json!({ "input": wrong_code })).await["exportPerson"].take();
        assert_eq!(wrong(&refused), [("INVALID_FISCAL_CODE".to_owned(), "fiscalCode".to_owned())]);
    }
}

on_both! {
    async fn what_must_be_kept_is_kept_and_a_draft_is_not(engine) {
        let story = Story::begin(engine).await;
        let procedure = story.kept_for_a_year().await;
        let refused = story.refused(&procedure).await;
        let erased = story.erase(&story.chief, json!({ "fiscalCode": MARIO })).await;
        let year = (legal_day(now()) + chrono::Months::new(12)).to_string();
        assert_eq!(column(&erased["cases"], "keptFor"), ["UNDER_WAY", "RETENTION"], "{erased:#}");
        assert_eq!(erased["cases"][1], json!({ "caseId": refused, "isErased": false, "keptFor": "RETENTION", "keptUntil": year }));
        // A procedure that does not say for how long its cases are kept.
        let case = story.in_progress(&story.chief, story.offices[1]).await;
        let refuse = json!({ "id": case["id"], "expectedVersion": case["version"], "transition": "refuse", "reasons": "No" });
        story.done(&story.chief, "transitionCase", refuse).await;
        let erased = story.erase(&story.chief, json!({ "fiscalCode": MARIO })).await;
        assert_eq!(column(&erased["cases"], "keptFor")[2], "NO_RETENTION");

        let luca = story.app.citizen(&story.tenant, 2).await;
        let anna = json!({ "fiscalCode": DEMO_CITIZENS[0].fiscal_code });
        let delegate = json!({ "principal": DEMO_CITIZENS[0].fiscal_code, "delegate": DEMO_CITIZENS[1].fiscal_code, "kind": "DELEGATION" });
        story.grant(delegate).await;
        let start = json!({ "procedure": procedure, "subject": "Per Anna", "applicant": anna });
        story.done(&luca, "startCase", start).await;
        let draft = story.done(&luca, "startCase", json!({ "procedure": procedure, "subject": "Ci ripenso" })).await;
        let code = DEMO_CITIZENS[1].fiscal_code;
        let dry = story.erase(&story.chief, json!({ "fiscalCode": code, "dryRun": true })).await;
        assert_eq!(column(&dry["cases"], "keptFor"), ["SOMEBODY_ELSE", ""]);
        assert_eq!(story.case(&luca, &draft["id"]).await["subject"], "Ci ripenso", "a dry run erases nothing");
        let erased = story.erase(&story.chief, json!({ "fiscalCode": code })).await;
        assert_eq!(erased["cases"][1], json!({ "caseId": draft["id"], "isErased": true, "keptFor": null, "keptUntil": null }));
        assert_eq!(story.deeds(2).await, ["person.erase", "case.erase"]);
        assert!(story.case(&luca, &draft["id"]).await.is_null(), "it is nobody's any more");
        let again = story.erase(&story.chief, json!({ "fiscalCode": code })).await;
        assert_eq!(column(&again["cases"], "keptFor"), ["SOMEBODY_ELSE"]);
        let verified = story.cases().verify().await.unwrap();
        assert!(verified.is_intact(), "{verified:?}");
    }
}

on_both! {
    async fn when_its_retention_is_over_a_case_says_nothing_of_people_and_is_provable(engine) {
        let story = Story::begin(engine).await;
        let procedure = story.kept_for_a_year().await;
        let id = story.refused(&procedure).await;
        let (store, code) = (story.app.database.tenant(story.tenant.id), &story.tenant.ipa_code);
        let system = Actor::system();
        let files = story.app.media.of(store.clone());
        let erase = async |days| erase_expired((&store, &files), code, &system, now() + TimeDelta::days(days)).await.unwrap();
        let expired = async |days| story.cases().expired(now() + TimeDelta::days(days)).await.unwrap().len();
        assert_eq!((erase(0).await, erase(364).await), (0, 0));
        assert_eq!((expired(364).await, expired(367).await), (0, 1), "what a dry run says");
        assert_eq!((erase(367).await, erase(367).await), (1, 0), "once");
        assert_eq!(story.deeds(1).await, ["case.erase"]);

        let query = "query($id: ID!) { case(id: $id) { subject applicant { name } reasons data outcome timeline { kind actor text reasons } accessLog { actor } } }";
        let case = story.ask(&story.chief, query, json!({ "id": id })).await["case"].take();
        for said in ["subject", "applicant", "reasons", "data"] {
            assert!(case[said].is_null(), "{case:#}");
        }
        assert_eq!(case["outcome"], "REFUSED", "what happened stays");
        assert_eq!(column(&case["timeline"], "kind"), ["OPENED", "MOVED", "ERASED"]);
        let rows = story.app.texts("SELECT coalesce(sealed, '') || coalesce(data_key, '') || coalesce(applicant, '') FROM case_file WHERE closed_at IS NOT NULL").await;
        assert_eq!(rows, [""]);
        let verified = story.cases().verify().await.unwrap();
        assert!(verified.is_intact() && verified.cases == 2, "{verified:?}");

        // Nothing is done in it any more, and the back office does not begin it anew.
        let version = json!(3);
        let reopen = json!({ "id": id, "expectedVersion": version, "transition": "reopen", "comment": "Riapro" });
        assert_eq!(wrong(&story.mutate(&story.chief, "transitionCase", reopen).await)[0].0, "CASE_ERASED");
        let note = json!({ "id": id, "audience": "OFFICE", "text": "Nota" });
        assert_eq!(wrong(&story.mutate(&story.chief, "sendCaseMessage", note).await)[0].0, "CASE_ERASED");
        let later = with(report("in-progress", "2026-03-03T12:00:00Z"), json!({ "procedure": "accesso-agli-atti" }));
        let (status, body) = story.send(&story.chief, Method::PUT, "anagrafe/cases/AN-1", Some(&later)).await;
        assert_eq!((status.as_u16(), &body["code"]), (422, &json!("REPORT_REFUSED")), "{body:#}");
        // Who gives it back to somebody in the database is found.
        let administrator = story.app.administrator().await;
        let change = "UPDATE case_file SET sealed = 'AAAA' WHERE closed_at IS NOT NULL";
        administrator.execute_unprepared(change).await.unwrap();
        assert!(!story.cases().verify().await.unwrap().is_intact());
    }
}

/// The id of a case in its global id.
fn uuid_of(id: &Value) -> String {
    municipio_tests::story::item_id(id.as_str().unwrap()).to_string()
}

on_both! {
    async fn who_asks_has_what_need_not_be_kept_any_more_erased(engine) {
        let story = Story::begin(engine).await;
        let procedure = story.kept_for_a_year().await;
        let refused = story.refused(&procedure).await;
        let store = story.app.database.tenant(story.tenant.id);
        let person = {
            let rows = story.app.texts("SELECT applicant FROM case_file WHERE closed_at IS NOT NULL").await;
            rows[0].parse().unwrap()
        };
        let system = Actor::system();
        let erase = async |days| {
            let transaction = store.begin().await.unwrap();
            let by = (&system, now() + TimeDelta::days(days));
            let done = erase_person(&transaction, &story.cases(), (&person, &story.tenant.ipa_code), None, by).await.unwrap();
            transaction.commit().await.unwrap();
            done.cases.iter().filter(|(_, kept)| kept.is_none()).map(|(case, _)| case.id.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(erase(364).await, Vec::<String>::new());
        assert_eq!(erase(367).await, [uuid_of(&refused)]);
        assert_eq!(erase(367).await, Vec::<String>::new());
        assert!(story.cases().verify().await.unwrap().is_intact());
    }
}
