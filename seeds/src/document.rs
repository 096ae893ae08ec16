//! Reads one file: YAML with the place of every field, so that an error names its line.

use std::collections::{BTreeMap, HashMap};

use municipio_domain::{
    content::{Body, ContentType, Slug, Slugs},
    locale::{Locale, Localized},
};
use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, YamlData};
use serde::Deserialize;
use serde_json::{Number, Value};

use crate::{Attached, Problem, SeedFile};

/// A file before its references are known.
pub(crate) struct Document {
    pub(crate) source: Source,
    pub(crate) content_type: ContentType,
    pub(crate) key: String,
    value: Value,
}

/// A file, and the lines of its fields.
pub(crate) struct Source {
    pub(crate) file: String,
    lines: HashMap<String, usize>,
}

/// A file as content.
pub(crate) struct Content {
    pub(crate) source: Source,
    pub(crate) body: Body,
    pub(crate) slugs: Slugs,
}

/// Finds what `type:key` refers to; nothing when there is no such file.
pub(crate) type Resolve<'a> = &'a dyn Fn(ContentType, &str) -> Option<String>;

impl Document {
    pub(crate) fn read(file: &SeedFile) -> Result<Self, Problem> {
        let problem = |line: usize, message: String| Problem {
            file: file.path.clone(),
            line,
            field: String::new(),
            message,
        };
        let (content_type, key) = name(&file.path).ok_or_else(|| {
            let folders = ContentType::ALL.iter();
            let folders = folders.filter(|kind| **kind != ContentType::Municipality);
            let folders = folders.map(|content_type| content_type.folder());
            let folders = folders.collect::<Vec<_>>().join(", ");
            problem(
                1,
                format!("the file lies in none of the folders {folders}, or its name is no slug"),
            )
        })?;
        let documents = MarkedYaml::load_from_str(&file.text)
            .map_err(|error| problem(error.marker().line(), error.info().to_owned()))?;
        let [node] = documents.as_slice() else {
            return Err(problem(1, "a file holds one YAML document".to_owned()));
        };
        let mut lines = HashMap::new();
        let value = convert(node, "", &mut lines)
            .map_err(|(line, message)| problem(line, message.to_owned()))?;
        if !value.is_object() {
            return Err(problem(1, "a file is a list of `field: value`".to_owned()));
        }
        Ok(Self {
            source: Source {
                file: file.path.clone(),
                lines,
            },
            content_type,
            key,
            value,
        })
    }

    pub(crate) fn content(
        mut self,
        resolve: Resolve,
        attached: &Attached,
    ) -> Result<Content, Vec<Problem>> {
        let mut unknown = Vec::new();
        link(&mut self.value, "", resolve, &mut unknown);
        if !unknown.is_empty() {
            let problems = unknown.into_iter().map(|(path, reference)| {
                self.source.problem(
                    path,
                    format!("«{reference}» refers to a file that does not exist"),
                )
            });
            return Err(problems.collect());
        }
        self.attach(attached).map_err(|problem| vec![problem])?;
        let slugs = self.slugs().map_err(|problem| vec![problem])?;
        let value = std::mem::take(&mut self.value);
        let body = Body::parse(self.content_type, value).map_err(|errors| {
            let problems = errors.into_iter();
            let problems = problems.map(|error| self.source.problem(error.path, error.message));
            problems.collect::<Vec<_>>()
        })?;
        let source = self.source;
        Ok(Content {
            source,
            body,
            slugs,
        })
    }

    /// Puts the file in the place of `file: {source: …}` of an asset.
    fn attach(&mut self, attached: &Attached) -> Result<(), Problem> {
        let is_asset = self.content_type == ContentType::Asset;
        let file = self.value.get_mut("file").filter(|_| is_asset);
        let Some((file, source)) = file.and_then(|file| {
            let source = file.get("source")?.as_str()?.to_owned();
            Some((file, source))
        }) else {
            return Ok(());
        };
        let problem = |message: String| self.source.problem("file.source".to_owned(), message);
        let Some(found) = attached.get(&source) else {
            return Err(problem(format!("there is no files/{source}")));
        };
        *file = serde_json::to_value(found).map_err(|error| problem(error.to_string()))?;
        Ok(())
    }

    /// The slugs: the name of the file in Italian, the field `slug` in other locales.
    fn slugs(&mut self) -> Result<Slugs, Problem> {
        let given = self
            .value
            .as_object_mut()
            .and_then(|fields| fields.remove("slug"))
            .unwrap_or_default();
        let given = Localized::<Slug>::deserialize(given)
            .map_err(|error| self.source.problem("slug".to_owned(), error.to_string()))?;
        let mut slugs: BTreeMap<_, _> = given
            .iter()
            .map(|(locale, slug)| (locale.clone(), slug.clone()))
            .collect();
        if let Ok(slug) = self.key.parse() {
            slugs.entry(Locale::italian()).or_insert(slug);
        }
        Ok(slugs)
    }
}

impl Source {
    pub(crate) fn problem(&self, field: String, message: String) -> Problem {
        Problem {
            file: self.file.clone(),
            line: self.line(&field),
            field,
            message,
        }
    }

    /// The line of a field, or of the nearest field around it.
    fn line(&self, field: &str) -> usize {
        let mut path = field;
        loop {
            if let Some(line) = self.lines.get(path) {
                return *line;
            }
            match path.rfind(['.', '[']) {
                Some(end) => path = &path[..end],
                None => return self.lines.get("").copied().unwrap_or(1),
            }
        }
    }
}

fn name(path: &str) -> Option<(ContentType, String)> {
    let stem = path.strip_suffix(".yaml")?;
    let settings = ContentType::Municipality;
    // The settings alone stand outside the folders, and in none.
    let (folder, key) = match stem.split_once('/') {
        Some((folder, _)) if folder == settings.folder() => return None,
        Some(parts) => parts,
        None if stem == settings.folder() => (stem, stem),
        None => return None,
    };
    let is_folder = |content_type: &&ContentType| content_type.folder() == folder;
    let content_type = *ContentType::ALL.iter().find(is_folder)?;
    key.parse::<Slug>().ok()?;
    Some((content_type, key.to_owned()))
}

fn convert(
    node: &MarkedYaml,
    path: &str,
    lines: &mut HashMap<String, usize>,
) -> Result<Value, (usize, &'static str)> {
    let line = node.span.start.line();
    lines.entry(path.to_owned()).or_insert(line);
    Ok(match &node.data {
        YamlData::Value(Scalar::Null) => Value::Null,
        YamlData::Value(Scalar::Boolean(value)) => Value::Bool(*value),
        YamlData::Value(Scalar::Integer(value)) => Value::from(*value),
        YamlData::Value(Scalar::FloatingPoint(value)) => {
            Number::from_f64(value.into_inner()).map_or(Value::Null, Value::Number)
        }
        YamlData::Value(Scalar::String(value)) => Value::String(value.to_string()),
        YamlData::Sequence(items) => Value::Array(
            items
                .iter()
                .enumerate()
                .map(|(index, item)| convert(item, &format!("{path}[{index}]"), lines))
                .collect::<Result<_, _>>()?,
        ),
        YamlData::Mapping(fields) => Value::Object(
            fields
                .iter()
                .map(|(name, value)| {
                    let YamlData::Value(Scalar::String(key)) = &name.data else {
                        return Err((name.span.start.line(), "the name of a field is a word"));
                    };
                    let path = if path.is_empty() {
                        key.to_string()
                    } else {
                        format!("{path}.{key}")
                    };
                    lines.insert(path.clone(), name.span.start.line());
                    Ok((key.to_string(), convert(value, &path, lines)?))
                })
                .collect::<Result<_, _>>()?,
        ),
        _ => return Err((line, "tags, anchors and aliases are not used here")),
    })
}

/// Puts item ids in the place of `type:key`, where it is a whole value or the target of a Markdown
/// link.
fn link(value: &mut Value, path: &str, resolve: Resolve, unknown: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => {
            if let Some((content_type, key)) = reference(text) {
                match resolve(content_type, key) {
                    Some(id) => *text = id,
                    None => unknown.push((path.to_owned(), text.clone())),
                }
            } else if text.contains("](") {
                *text = link_markdown(text, path, resolve, unknown);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                link(item, &format!("{path}[{index}]"), resolve, unknown);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                link(field, &path, resolve, unknown);
            }
        }
        _ => {}
    }
}

fn link_markdown(
    text: &str,
    path: &str,
    resolve: Resolve,
    unknown: &mut Vec<(String, String)>,
) -> String {
    let mut parts = text.split("](");
    let mut linked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        linked.push_str("](");
        let (target, rest) = part.split_at(part.find(')').unwrap_or(0));
        match reference(target) {
            Some((content_type, key)) => match resolve(content_type, key) {
                Some(id) => linked.push_str(&format!("item:{id}")),
                None => unknown.push((path.to_owned(), target.to_owned())),
            },
            None => linked.push_str(target),
        }
        linked.push_str(rest);
    }
    linked
}

/// Reads `type:key`, such as `contact-point:contatti-generali`.
fn reference(text: &str) -> Option<(ContentType, &str)> {
    let (name, key) = text.split_once(':')?;
    let content_type = name.replace('-', "_").parse().ok()?;
    key.parse::<Slug>().ok()?;
    Some((content_type, key))
}
