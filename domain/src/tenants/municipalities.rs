//! The facts of the municipalities of Italy (ISTAT and AgID, CC-BY): `seeds/municipalities/`,
//! compiled in. The IPA code there is computed by the usual convention, `c_` and the cadastral
//! code; some 120 real ones differ, so it is a suggestion.

use serde::Deserialize;

use super::IpaCode;

static FILE: &str = include_str!("../../../seeds/municipalities/municipalities.csv");

/// What is known of a municipality.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct MunicipalityFacts {
    /// ISTAT code, six digits.
    pub istat_code: String,
    /// Italian name.
    pub name: String,
    /// Abbreviation of the province.
    #[serde(rename = "province_sigla")]
    pub province: String,
    /// Region.
    pub region: String,
    /// Cadastral code.
    pub cadastral_code: String,
    /// Suggested IPA code.
    pub ipa_code: String,
}

/// The municipality with this IPA code.
pub fn by_ipa_code(code: &IpaCode) -> Option<MunicipalityFacts> {
    // One line is looked for and read: no index is kept in memory, and a bulk of tenants does not
    // read the file again and again.
    let place = FILE.find(&format!(",{code},"))?;
    let begin = FILE[..place].rfind('\n').map_or(0, |end| end + 1);
    let line = FILE[begin..].lines().next()?;
    let header = FILE.lines().next()?;
    csv::Reader::from_reader(format!("{header}\n{line}\n").as_bytes())
        .into_deserialize()
        .filter_map(Result::<MunicipalityFacts, _>::ok)
        .find(|facts| facts.ipa_code == code.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_reads_and_rome_is_there() {
        let rows = csv::Reader::from_reader(FILE.as_bytes())
            .into_deserialize::<MunicipalityFacts>()
            .filter(Result::is_ok)
            .count();
        assert_eq!(rows, FILE.lines().count() - 1);
        let rome = by_ipa_code(&"c_h501".parse().unwrap()).unwrap();
        assert_eq!((rome.name.as_str(), rome.province.as_str()), ("Roma", "RM"));
    }
}
