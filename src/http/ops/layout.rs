//! What all pages share: their title, their place, and who visits.

use super::assets;
use super::notice::Notice;
use super::visitor::Visitor;

macro_rules! sections {
    ($($(#[$doc:meta])+ $variant:ident = $path:literal, $name:literal, $is_seen:expr;)+) => {
        /// A place of the navigation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Section {
            $($(#[$doc])+ $variant,)+
        }

        impl Section {
            const ALL: &[Self] = &[$(Self::$variant,)+];

            /// Its address.
            pub fn path(self) -> &'static str {
                match self { $(Self::$variant => $path,)+ }
            }

            /// Its name.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            fn is_seen_by(self, visitor: &Visitor) -> bool {
                let is_seen: fn(&Visitor) -> bool = match self { $(Self::$variant => $is_seen,)+ };
                is_seen(visitor)
            }
        }
    };
}

sections! {
    /// The state of the whole.
    Overview = "/", "Overview", |_| true;
    /// The records of invoices.
    Invoices = "/invoices", "Invoices", |_| true;
    /// The archive of requests that failed.
    DeadLetters = "/dead-letters", "Dead letters", Visitor::sees_all_shops;
    /// Changes of groups of dead letters.
    Repairs = "/repairs", "Repairs", Visitor::sees_all_shops;
    /// Replays of dead letters.
    Replays = "/replays", "Replays", Visitor::sees_all_shops;
    /// The templates in use.
    Templates = "/templates", "Templates", |_| true;
    /// Erasures of personal data.
    Erasures = "/erasures", "Erasures", Visitor::sees_all_shops;
    /// What people changed.
    Changes = "/changes", "Changes", Visitor::sees_all_shops;
}

/// What `base.html` needs of a page.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The title, which is also its heading.
    pub title: String,
    /// Where it is in the navigation.
    pub section: Option<Section>,
    /// Who visits; none before the sign-in.
    pub visitor: Option<Visitor>,
    /// What the action before has done.
    pub notice: Option<Notice>,
}

impl Layout {
    /// Of a page for a visitor.
    pub fn new(visitor: &Visitor, section: Section, title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            section: Some(section),
            visitor: Some(visitor.clone()),
            notice: visitor.notice(),
        }
    }

    /// Of a page that is in no section: an error, or the sign-in.
    pub(super) fn apart(title: &str, visitor: Option<Visitor>, notice: Option<Notice>) -> Self {
        Self {
            title: title.to_owned(),
            section: None,
            visitor,
            notice,
        }
    }

    /// The places that the visitor may go to.
    pub fn sections(&self) -> Vec<Section> {
        let Some(visitor) = &self.visitor else {
            return Vec::new();
        };
        let all = Section::ALL.iter().copied();
        all.filter(|section| section.is_seen_by(visitor)).collect()
    }

    /// Whether the page is in this place.
    pub fn is_in(&self, section: &Section) -> bool {
        self.section == Some(*section)
    }

    /// What each form has to send.
    pub fn csrf(&self) -> &str {
        self.visitor.as_ref().map_or("", Visitor::csrf)
    }

    /// Whether the visitor may change dead letters, repairs and replays: others see no buttons for that.
    pub fn may_operate(&self) -> bool {
        self.visitor.as_ref().is_some_and(Visitor::may_operate)
    }

    /// Whether the visitor may erase personal data.
    pub fn may_erase(&self) -> bool {
        self.visitor.as_ref().is_some_and(Visitor::may_erase)
    }

    /// Whether the visitor may request invoices, validate and preview.
    pub fn may_request(&self) -> bool {
        self.visitor.as_ref().is_some_and(Visitor::may_request)
    }

    /// Whether the visitor may read documents and requests.
    pub fn may_read(&self) -> bool {
        self.visitor.as_ref().is_some_and(Visitor::may_read)
    }

    /// Whether the visitor sees dead letters, repairs, replays and changes.
    pub fn sees_all_shops(&self) -> bool {
        self.visitor.as_ref().is_some_and(Visitor::sees_all_shops)
    }

    /// The address of the style.
    pub fn css(&self) -> &str {
        assets::CSS.path()
    }

    /// The address of the script.
    pub fn js(&self) -> &str {
        assets::JS.path()
    }

    /// The version of the program.
    pub fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }
}
