//! What is measured of a document.

/// How large a document is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measure {
    /// Levels of nested fields; introspection apart.
    pub depth: usize,
    /// Fields, fragments expanded.
    pub fields: u64,
    /// Aliases, fragments expanded.
    pub aliases: u64,
    /// Fields at the root.
    pub root_fields: u64,
    /// Directives, fragments expanded.
    pub directives: u64,
    /// Values in arguments and variables, fragments expanded; a variable counts wherever it is used.
    pub values: u64,
    /// Values in the largest filter.
    pub filter: u64,
    /// Fields times the lengths of the lists around them, and what the database is asked.
    pub cost: u64,
    /// What the database is asked: once for each field, however many lists it stands in.
    pub(super) asked: u64,
    /// The cost of introspection.
    pub(super) introspection: u64,
    /// Lists of introspection that nest.
    pub(super) introspection_lists: usize,
    /// Levels of anything that nests: fields, fragments, inline fragments.
    pub(super) nesting: usize,
}

impl Measure {
    pub(super) fn add(&mut self, other: Self) {
        self.join(other, u64::saturating_add);
    }

    pub(super) fn larger(mut self, other: Self) -> Self {
        self.join(other, u64::max);
        self
    }

    fn join(&mut self, other: Self, join: fn(u64, u64) -> u64) {
        self.depth = self.depth.max(other.depth);
        self.fields = join(self.fields, other.fields);
        self.aliases = join(self.aliases, other.aliases);
        self.root_fields = join(self.root_fields, other.root_fields);
        self.directives = join(self.directives, other.directives);
        self.values = join(self.values, other.values);
        self.filter = self.filter.max(other.filter);
        self.cost = join(self.cost, other.cost);
        self.asked = join(self.asked, other.asked);
        self.introspection = join(self.introspection, other.introspection);
        self.introspection_lists = self.introspection_lists.max(other.introspection_lists);
        self.nesting = self.nesting.max(other.nesting);
    }
}
