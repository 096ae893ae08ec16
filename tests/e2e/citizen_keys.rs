//! Issuers of tokens of citizens that do not answer, or change keys that have no names.

use chrono::{DateTime, TimeDelta, Utc};
use municipio_domain::{
    citizens::{Citizen, CitizenError},
    identity::Identity,
    openid::{OpenIdError, TokenFault},
};
use municipio_tests::{now, on_both, provider::Signing};
use serde_json::{Value, json};

use crate::citizens::Stage;

/// What a node says of tokens, by seconds since it began.
struct Node {
    identity: Identity,
    begin: DateTime<Utc>,
}

impl Node {
    async fn of(stage: &Stage) -> Self {
        let tenant = stage.app.demo_tenant().await;
        Self {
            identity: stage.app.identity(&tenant),
            begin: now(),
        }
    }

    async fn at(&self, second: i64, token: &str) -> Result<Citizen, CitizenError> {
        let moment = self.begin + TimeDelta::seconds(second);
        self.identity.citizen(token, moment).await
    }
}

fn is_unavailable(found: &Result<Citizen, CitizenError>) -> bool {
    matches!(
        found,
        Err(CitizenError::OpenId(OpenIdError::Unavailable(_)))
    )
}

/// For so long that tests of hours can use it.
fn long() -> Value {
    json!({ "exp": now().timestamp() + 1_000_000 })
}

on_both! {
    async fn an_issuer_that_does_not_answer_is_left_alone(engine) {
        let stage = Stage::set(engine).await;
        let token = stage.token(long(), Signing::Published);
        let junk = stage.token(long(), Signing::Unpublished("ignota"));
        stage.issuer.fall_silent(true);
        let node = Node::of(&stage).await;
        for (second, token, asked) in [(0, &token, 1), (1, &junk, 1), (9, &token, 1), (10, &token, 2)] {
            assert!(is_unavailable(&node.at(second, token).await), "{second}");
            assert_eq!(stage.issuer.key_requests(), asked, "{second}");
        }
        stage.issuer.fall_silent(false);
        assert!(node.at(20, &token).await.is_ok());
        // Keys that were known are good while no newer ones can be had, but not for ever.
        stage.issuer.fall_silent(true);
        for (second, asked) in [(3_619, 3), (3_620, 4), (3_625, 4), (3_630, 5)] {
            assert!(node.at(second, &token).await.is_ok(), "{second}");
            assert_eq!(stage.issuer.key_requests(), asked, "{second}");
        }
        assert!(is_unavailable(&node.at(86_420, &token).await));
    }
}

on_both! {
    async fn a_token_that_is_over_is_over_whether_its_issuer_answers_or_not(engine) {
        let stage = Stage::set(engine).await;
        stage.issuer.fall_silent(true);
        let node = Node::of(&stage).await;
        let token = stage.token(json!({}), Signing::Published);
        assert!(is_unavailable(&node.at(0, &token).await));
        let over = node.at(400, &token).await;
        assert!(matches!(over, Err(CitizenError::OpenId(OpenIdError::Token(TokenFault::Expired)))));
        assert_eq!(stage.issuer.key_requests(), 1);
        let (status, _, body) = stage.answer(&token).await;
        assert_eq!((status, &body["code"]), (502, &json!("PROVIDER_UNAVAILABLE")));
        assert!(!body.to_string().contains("127.0.0.1") && !body.to_string().contains("/keys"), "{body:#}");
        let expired = stage.token(json!({ "exp": now().timestamp() - 120 }), Signing::Published);
        let (status, _, body) = stage.answer(&expired).await;
        assert_eq!((status, &body["code"]), (401, &json!("TOKEN_EXPIRED")));
    }
}

on_both! {
    async fn a_key_without_a_name_may_be_replaced(engine) {
        let stage = Stage::set(engine).await;
        stage.issuer.hide_names();
        let node = Node::of(&stage).await;
        let first = stage.token(json!({}), Signing::Nameless);
        assert!(node.at(0, &first).await.is_ok());
        stage.issuer.rotate("due");
        let second = stage.token(json!({}), Signing::Nameless);
        assert!(node.at(0, &second).await.is_ok());
        assert_eq!(stage.issuer.key_requests(), 2);
        let old = node.at(1, &first).await;
        assert!(matches!(old, Err(CitizenError::OpenId(OpenIdError::Token(TokenFault::Signature)))));
        assert_eq!(stage.issuer.key_requests(), 2);
    }
}
