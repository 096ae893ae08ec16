//! The first start, where it was interrupted.

use municipio_domain::identity::BuiltInRole;
use municipio_tests::{TestApp, on_both};

on_both! {
    async fn a_demo_whose_start_was_killed_before_its_accounts_has_them_after_the_next(engine) {
        let app = TestApp::configured(engine, true, |settings, _| settings.demo = true).await;
        let tenant = app.demo_tenant().await;
        let accounts = app.identity(&tenant).accounts().await.unwrap();
        assert_eq!(accounts.len(), BuiltInRole::ALL.len());
    }
}
