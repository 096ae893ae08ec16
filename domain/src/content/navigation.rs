//! The menus of the national model: data in `seeds/navigation/`, compiled in.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::locale::LocalizedText;

static FILE: &str = include_str!("../../../seeds/navigation/navigation.toml");

/// A menu of the first level.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Menu {
    /// Its code: `management`, `news`, `services`, `live`.
    pub code: String,
    /// The `data-element` attribute that the national validator looks for.
    pub data_element: String,
    /// Its path on the site.
    pub path: String,
    /// Its label.
    pub label: LocalizedText,
    /// The entries of the second level.
    #[serde(rename = "child")]
    pub children: Vec<MenuEntry>,
}

/// An entry of the second level.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MenuEntry {
    /// Its code.
    pub code: String,
    /// The `data-element` attribute that the national validator looks for.
    pub data_element: String,
    /// Its path on the site.
    pub path: String,
    /// Its label.
    pub label: LocalizedText,
    /// The content behind it.
    pub shows: Shows,
}

/// The content behind an entry.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shows {
    /// Its content type.
    #[serde(rename = "type")]
    pub content_type: String,
    /// The field by which it is found; empty for all of the type.
    #[serde(default)]
    pub field: String,
    /// The value of that field.
    #[serde(default)]
    pub value: String,
}

#[derive(Deserialize)]
struct Navigation {
    menu: Vec<Menu>,
}

#[expect(
    clippy::expect_used,
    reason = "the menus are compiled in; a unit test reads them"
)]
static MENUS: LazyLock<Vec<Menu>> = LazyLock::new(|| {
    let navigation: Navigation = toml::from_str(FILE).expect("the menus are well formed");
    navigation.menu
});

/// The menus, in their order.
pub fn menus() -> &'static [Menu] {
    &MENUS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::ContentType;

    #[test]
    fn the_four_menus_are_those_of_the_model() {
        let labels: Vec<_> = menus()
            .iter()
            .filter_map(|menu| menu.label.italian())
            .collect();
        assert_eq!(
            labels,
            ["Amministrazione", "Novità", "Servizi", "Vivere il Comune"]
        );
        let counts: Vec<_> = menus().iter().map(|menu| menu.children.len()).collect();
        assert_eq!(counts, [7, 3, 15, 2]);
        for entry in menus().iter().flat_map(|menu| &menu.children) {
            assert!(entry.shows.content_type.parse::<ContentType>().is_ok());
        }
    }
}
