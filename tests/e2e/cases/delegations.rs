//! Who is recorded as the delegate or the parent of somebody sees their cases and applies for them, until it is taken back.

use municipio_domain::{citizens::DEMO_CITIZENS, content::ContentType};
use municipio_tests::{
    on_both,
    story::{column, global_id, with},
};
use serde_json::{Value, json};

use super::{
    citizen::with_drafts,
    story::{Story, procedure, today, wrong},
};

/// A girl who was born on 7 April 2020.
const CHILD: &str = "BNCSFO20D47X999O";
const BORN: &str = "2020-04-07";

impl Story {
    async fn change(&self, token: &str, name: &str, selection: &str, input: Value) -> Value {
        let input_type = name[..1].to_uppercase() + &name[1..];
        let query = format!(
            "mutation($input: {input_type}Input!) {{ {name}(input: $input) {{ {selection} userErrors {{ code path }} }} }}"
        );
        self.ask(token, &query, json!({ "input": input })).await[name].take()
    }

    /// Records that somebody acts for somebody else.
    pub(super) async fn grant(&self, input: Value) -> Value {
        self.change(
            &self.chief,
            "grantDelegation",
            "delegation { kind from until }",
            input,
        )
        .await
    }

    async fn revoke(&self, principal: &str, delegate: &str) -> Value {
        let input = json!({ "principal": principal, "delegate": delegate });
        self.change(&self.chief, "revokeDelegation", "revoked", input)
            .await
    }

    /// What a citizen sees among their cases, by what it is about.
    async fn mine(&self, token: &str) -> Vec<String> {
        let query = "{ myCases(orderBy: OLDEST) { nodes { subject } } }";
        column(
            &self.ask(token, query, json!({})).await["myCases"]["nodes"],
            "subject",
        )
    }

    async fn of_definition(&self, definition: &Value) -> Value {
        let body = procedure("Accesso agli atti", self.offices[1], definition);
        json!(global_id(
            ContentType::Procedure,
            self.editor.published(ContentType::Procedure, body).await
        ))
    }
}

on_both! {
    async fn a_delegate_sees_and_works_on_the_cases_of_who_chose_them(engine) {
        let story = Story::begin(engine).await;
        let [anna_code, luca_code] = [DEMO_CITIZENS[0].fiscal_code, DEMO_CITIZENS[1].fiscal_code];
        let procedure = story.of_definition(&with_drafts()).await;
        let [anna, luca] = [story.app.citizen(&story.tenant, 1).await, story.app.citizen(&story.tenant, 2).await];
        let draft = json!({ "procedure": procedure, "subject": "Bozza di Anna" });
        story.done(&anna, "startCase", draft).await;
        let input = json!({
            "procedure": global_id(ContentType::Procedure, story.procedure), "subject": "Trasloco di Anna",
            "applicant": { "fiscalCode": anna_code, "name": "Anna Bianchi" },
        });
        let case = story.done(&story.chief, "openCase", input).await;
        assert_eq!(story.mine(&luca).await, Vec::<String>::new());

        let granted = story.grant(json!({ "principal": anna_code, "delegate": luca_code, "kind": "DELEGATION", "until": "2126-01-01" })).await;
        assert_eq!(granted["delegation"], json!({ "kind": "DELEGATION", "from": today(), "until": "2126-01-01" }), "{granted:#}");
        assert_eq!(story.mine(&luca).await, ["Trasloco di Anna"], "not what she has not sent");
        assert_eq!(story.mine(&anna).await, ["Bozza di Anna", "Trasloco di Anna"], "and not the other way round");
        assert_eq!(story.case(&luca, &case["id"]).await["subject"], "Trasloco di Anna");
        let message = json!({ "id": case["id"], "audience": "EVERYONE", "text": "Scrivo per Anna" });
        story.done(&luca, "sendCaseMessage", message.clone()).await;
        let query = "{ citizen { actsFor { kind until } representedBy { kind } } }";
        let said = story.ask(&luca, query, json!({})).await["citizen"].take();
        assert_eq!(said, json!({ "actsFor": [{ "kind": "DELEGATION", "until": "2126-01-01" }], "representedBy": [] }));
        let said = story.ask(&anna, query, json!({})).await["citizen"].take();
        assert_eq!(said, json!({ "actsFor": [], "representedBy": [{ "kind": "DELEGATION" }] }));
        let mine = "{ myCases { nodes { subject applicant { name } timeline { text } accessLog { actor } } } }";
        let statements = async |token: &str| {
            let work = async || { story.ask(token, mine, json!({})).await; };
            story.app.statements(work).await
        };
        assert_eq!(statements(&luca).await, statements(&anna).await, "however many cases and people there are");

        assert_eq!(story.revoke(anna_code, luca_code).await["revoked"], 1);
        assert_eq!(story.revoke(anna_code, luca_code).await["revoked"], 0);
        assert_eq!(story.mine(&luca).await, Vec::<String>::new());
        assert!(story.case(&luca, &case["id"]).await.is_null());
        assert_eq!(wrong(&story.mutate(&luca, "sendCaseMessage", message).await)[0].0, "NOT_FOUND");
        let log = "{ auditEntries(first: 3) { nodes { name details } } }";
        let log = story.ask(&story.chief, log, json!({})).await["auditEntries"]["nodes"].take();
        assert_eq!(column(&log, "name")[..2], ["delegation.revoke", "delegation.revoke"]);
        assert!(!log.to_string().contains(anna_code) && !log.to_string().contains(luca_code));
    }
}

on_both! {
    async fn a_parent_applies_for_a_child_whatever_the_procedure_says_of_delegates(engine) {
        let story = Story::begin(engine).await;
        let luca_code = DEMO_CITIZENS[1].fiscal_code;
        let closed = with(with_drafts(), json!({ "allows_delegates": false }));
        let procedure = story.of_definition(&closed).await;
        let luca = story.app.citizen(&story.tenant, 2).await;
        let start = json!({ "procedure": procedure, "subject": "Mensa", "data": { "address": "Via Roma 1" },
            "applicant": { "fiscalCode": CHILD, "name": "Sofia Bianchi" } });
        let refused = story.mutate(&luca, "startCase", start.clone()).await;
        assert_eq!(wrong(&refused), [("DELEGATION_MISSING".to_owned(), "applicant".to_owned())]);
        // Who was chosen is a delegate: that the procedure must allow.
        story.grant(json!({ "principal": CHILD, "delegate": luca_code, "kind": "DELEGATION" })).await;
        assert_eq!(wrong(&story.mutate(&luca, "startCase", start.clone()).await)[0].0, "DELEGATE_NOT_ALLOWED");
        let granted = story.grant(json!({ "principal": CHILD, "delegate": luca_code, "kind": "PARENTAL", "bornOn": BORN })).await;
        assert_eq!(granted["delegation"]["until"], "2038-04-06", "{granted:#}");
        let case = story.done(&luca, "startCase", start).await;
        assert_eq!((&case["applicant"]["fiscalCode"], &case["status"]), (&json!(CHILD), &json!("DRAFT")));
        assert_eq!(story.mine(&luca).await, ["Mensa"]);
    }
}

on_both! {
    async fn what_cannot_be_meant_is_not_recorded(engine) {
        let story = Story::begin(engine).await;
        let [anna, luca] = [DEMO_CITIZENS[0].fiscal_code, DEMO_CITIZENS[1].fiscal_code];
        for (change, code, path) in [
            (json!({ "principal": "RSSMRA80A01H501V" }), "INVALID_FISCAL_CODE", "principal"),
            (json!({ "delegate": anna }), "DELEGATION_TO_ONESELF", "delegate"),
            (json!({ "from": "2027-01-02", "until": "2027-01-01" }), "END_BEFORE_START", "until"),
            (json!({ "kind": "PARENTAL" }), "BIRTH_DATE_WRONG", "bornOn"),
            (json!({ "kind": "PARENTAL", "principal": CHILD, "bornOn": "1920-04-07" }), "OF_AGE", "kind"),
        ] {
            let input = with(json!({ "principal": anna, "delegate": luca, "kind": "DELEGATION" }), change);
            let refused = story.grant(input).await;
            assert_eq!(wrong(&refused), [(code.to_owned(), path.to_owned())], "{refused:#}");
        }
        assert_eq!(story.app.rows("citizen_delegation").await, 0);
        // It reaches cases of all offices: who works for one of them alone does not record it.
        let officer = story.officer(story.offices[1]).await;
        let query = "mutation($input: GrantDelegationInput!) { grantDelegation(input: $input) { userErrors { code } } }";
        let input = json!({ "principal": anna, "delegate": luca, "kind": "DELEGATION" });
        let refused = story.app.ask_as(&officer, query, json!({ "input": input })).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
    }
}
