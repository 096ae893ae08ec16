//! Citizens prove who reads a message (LolliPoP), where the municipality asks for it.

use chrono::TimeDelta;
use municipio_integrations::appio::double::{Device, LOLLIPOP_KEY};
use municipio_tests::{now, on_both};
use serde_json::json;

use super::remote::{ANNA, Fetcher};
use crate::cases::story::MARIO;

on_both! {
    async fn who_reads_has_to_prove_it(engine) {
        let fetcher = Fetcher::begin(engine, "PRODUCTION").await;
        let double = &fetcher.story.double;
        let device = Device::new(MARIO).unwrap();
        double.sign_in(&device, now() - TimeDelta::days(30));
        let read = async |device: &Device, code: &str| {
            let headers = device.headers().unwrap();
            fetcher.get_with(&fetcher.id, &fetcher.key, Some(code), &headers).await
        };
        assert_eq!(fetcher.get(&fetcher.id, &fetcher.key, Some(MARIO)).await.status, 200, "nothing is asked for");

        let asked = async |key: &str| {
            let change = json!({ "lollipopKey": key });
            let set = fetcher.story.configure(change).await;
            assert_eq!(set["userErrors"], json!([]), "{set:#}");
            let asked = "{ appIo { isLollipopVerified } }";
            fetcher.story.cases.ask(&fetcher.story.cases.chief, asked, json!({})).await["appIo"]["isLollipopVerified"].clone()
        };
        assert_eq!(asked(LOLLIPOP_KEY).await, true);
        let unsigned = fetcher.get(&fetcher.id, &fetcher.key, Some(MARIO)).await;
        assert_eq!((unsigned.status, &unsigned.body["code"]), (403, &json!("FORBIDDEN")));
        assert!(unsigned.body["detail"].as_str().unwrap().contains("is missing"), "{}", unsigned.body);
        let signed = read(&device, MARIO).await;
        assert_eq!(signed.status, 200, "{}", signed.body);
        assert!(signed.body["details"]["markdown"].as_str().unwrap().contains("Gentile Mario Rossi"));
        let (path, headers) = (format!("{}/precondition", fetcher.id), device.headers().unwrap());
        assert_eq!(fetcher.get_with(&path, &fetcher.key, Some(MARIO), &headers).await.status, 200);

        // Another device, which nobody signed in with; one of somebody else; a sign-in of long ago.
        let stolen = Device::new(MARIO).unwrap();
        let (hers, old) = (Device::new(ANNA).unwrap(), Device::new(MARIO).unwrap());
        double.sign_in(&hers, now());
        double.sign_in(&old, now() - TimeDelta::days(366));
        for (device, code, why) in [
            (&stolen, MARIO, "no assertion"),
            (&hers, MARIO, "is not who reads"),
            (&device, ANNA, "is not who reads"),
            (&old, MARIO, "not good any more"),
        ] {
            let refused = read(device, code).await;
            assert_eq!(refused.status, 403, "{why}");
            let said = refused.body.to_string();
            assert!(said.contains(why) && !said.contains(MARIO) && !said.contains(ANNA), "{said}");
        }
        // Whoever has proved who they are sees what is theirs alone.
        assert_eq!(read(&hers, ANNA).await.status, 404);

        // The key is wrong: nobody is believed, and nobody told why.
        double.sign_in(&stolen, now());
        assert_eq!(asked("una-chiave-che-non-va").await, true);
        assert_eq!(read(&stolen, MARIO).await.status, 500);
        assert_eq!(asked("").await, false);
        assert_eq!(fetcher.get(&fetcher.id, &fetcher.key, Some(MARIO)).await.status, 200);
    }
}

on_both! {
    async fn the_citizen_of_tests_never_signed_in(engine) {
        let fetcher = Fetcher::begin(engine, "SANDBOX").await;
        fetcher.story.configure(json!({ "environment": "SANDBOX", "lollipopKey": LOLLIPOP_KEY })).await;
        assert_eq!(fetcher.get(&fetcher.id, &fetcher.key, Some("AAAAAA00A00A000A")).await.status, 200);
    }
}
