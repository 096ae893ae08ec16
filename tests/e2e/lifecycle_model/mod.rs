//! Any sequence of operations on content leaves readers with what a simple model says. `MUNICIPIO_CASES` is
//! the number of sequences, 40 when it is not set.

mod case;
mod model;

use actix_web::rt::System;
use municipio_domain::{
    locale::Locale,
    store::Database,
    tenants::{self, NewTenant},
};
use municipio_tests::{Engine, TestApp, noon};
use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};

use case::Case;

/// One step: an item, named by its number, counted round, and what is done to it.
#[derive(Clone, Debug)]
struct Step {
    item: usize,
    act: Act,
}

/// What is done.
#[derive(Clone, Debug)]
enum Act {
    Create {
        title: usize,
        complete: bool,
    },
    Wait {
        hours: i64,
    },
    Revise {
        title: usize,
        complete: bool,
    },
    Stale,
    Publish,
    Unpublish,
    Schedule {
        publish: Option<i64>,
        expire: Option<i64>,
    },
    Cancel,
    Archive,
    Unarchive,
    Delete,
    Restore,
    RestoreRevision {
        revision: usize,
    },
    MoveSlug {
        slug: usize,
    },
    Duplicate,
}

const TITLES: [&str; 3] = ["alfa", "beta", "gamma"];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let title = 0..TITLES.len();
    // What cannot be published is rare.
    let complete = prop::bool::weighted(0.9);
    let hours = || prop::option::of(1..12i64);
    let act = prop_oneof![
        2 => (title.clone(), complete).prop_map(|(title, complete)| Act::Create { title, complete }),
        3 => (1..8i64).prop_map(|hours| Act::Wait { hours }),
        3 => (title, complete).prop_map(|(title, complete)| Act::Revise { title, complete }),
        1 => Just(Act::Stale),
        5 => Just(Act::Publish),
        2 => Just(Act::Unpublish),
        3 => (hours(), hours()).prop_map(|(publish, expire)| Act::Schedule { publish, expire }),
        1 => Just(Act::Cancel),
        1 => Just(Act::Archive),
        1 => Just(Act::Unarchive),
        1 => Just(Act::Delete),
        1 => Just(Act::Restore),
        1 => (0..4usize).prop_map(|revision| Act::RestoreRevision { revision }),
        2 => (0..3usize).prop_map(|slug| Act::MoveSlug { slug }),
        1 => Just(Act::Duplicate),
    ];
    let step = (0..4usize, act).prop_map(|(item, act)| Step { item, act });
    // With something public to begin with, most steps have something to do.
    let begin = [
        Act::Create {
            title: 0,
            complete: true,
        },
        Act::Publish,
    ];
    let begin = begin.map(|act| Step { item: 0, act });
    prop::collection::vec(step, 1..24).prop_map(move |rest| [begin.to_vec(), rest].concat())
}

async fn check(database: &Database, number: usize, steps: &[Step]) -> Result<(), TestCaseError> {
    let new = NewTenant {
        ipa_code: format!("c_x{number:03}").parse().unwrap(),
        name: Some("Comune di prova".to_owned()),
        fiscal_code: None,
        hosts: Vec::new(),
        locales: vec![Locale::italian()],
        id: None,
    };
    let tenant = tenants::create(database, new, noon()).await.unwrap();
    let mut case = Case::new(database, tenant);
    for step in steps {
        case.step(step).await?;
        case.compare().await?;
    }
    Ok(())
}

fn any_sequence(engine: Engine) {
    let cases = std::env::var("MUNICIPIO_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(40);
    let system = System::new();
    let database = system.block_on(async {
        let app = TestApp::empty(engine).await;
        // The clock of the server is not that of the story.
        app.stop().await;
        let database = app.other_program().await;
        (app, database)
    });
    let config = Config {
        cases,
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    };
    let numbers = std::cell::Cell::new(0);
    let mut runner = TestRunner::new(config);
    let outcome = runner.run(&steps(), |steps| {
        numbers.set(numbers.get() + 1);
        system.block_on(check(&database.1, numbers.get(), &steps))
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn any_sequence_of_operations_leaves_readers_with_what_the_model_says_sqlite() {
    any_sequence(Engine::Sqlite);
}

#[test]
fn any_sequence_of_operations_leaves_readers_with_what_the_model_says_postgres() {
    if Engine::postgres_is_there() {
        any_sequence(Engine::Postgres);
    }
}
