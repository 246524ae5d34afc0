//! The values of labels, where this program chooses them.

macro_rules! label_values {
    ($(#[$doc:meta])+ $name:ident { $($(#[$value_doc:meta])+ $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$value_doc])+ $variant,)+
        }

        impl $name {
            /// All values.
            pub const ALL: [Self; [$($text),+].len()] = [$(Self::$variant),+];

            /// All values, as the label has them.
            pub const NAMES: &[&str] = &[$($text),+];

            /// The value of the label.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }
    };
}

label_values! {
    /// How the processing of a message ended. A message that is retried is processed again, and counted again.
    Outcome {
        /// Its document was rendered, stored and recorded.
        Generated = "generated",
        /// The same request was generated before.
        AlreadyGenerated = "already_generated",
        /// It waits in a retry queue.
        Retried = "retried",
        /// It was dead-lettered.
        DeadLettered = "dead_lettered",
        /// It could not be settled, and returns to its queue.
        Returned = "returned",
    }
}

label_values! {
    /// The method of a call. Clients can invent others.
    Method {
        /// Reads.
        Get = "GET",
        /// Creates or changes.
        Post = "POST",
        /// Replaces.
        Put = "PUT",
        /// Any other one.
        Other = "other",
    }
}

impl Outcome {
    /// Whether a message of this outcome has no code of a failure.
    pub const fn is_without_code(self) -> bool {
        match self {
            Self::Generated | Self::AlreadyGenerated | Self::Returned => true,
            Self::Retried | Self::DeadLettered => false,
        }
    }

    /// Whether the message is not processed again.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Generated | Self::AlreadyGenerated | Self::DeadLettered => true,
            Self::Retried | Self::Returned => false,
        }
    }
}

label_values! {
    /// The stages of a message whose time is measured.
    Stage {
        /// The request is parsed and validated.
        Parse = "parse",
        /// Its identity is looked up in the database.
        LookUp = "look_up",
        /// The document is rendered; waiting for a renderer is part of it.
        Render = "render",
        /// The document is stored in the bucket.
        Upload = "upload",
        /// It is recorded in the database, or its failure is.
        Record = "record",
        /// Events, retries and dead letters are published and confirmed.
        Publish = "publish",
    }
}

label_values! {
    /// The parts of rendering.
    RenderPart {
        /// Waiting for a renderer, and the way to it and back.
        Wait = "wait",
        /// The pages are laid out.
        Layout = "layout",
        /// The PDF is written.
        Export = "export",
    }
}

label_values! {
    /// The connections of a worker to the broker.
    Connection {
        /// Requests come over it.
        Consume = "consume",
        /// Events, retries and dead letters are published over it.
        Publish = "publish",
        /// Dead letters come over it, to be archived.
        Archive = "archive",
    }
}

label_values! {
    /// What a process does with a repair.
    RepairWork {
        /// Its letters are tried.
        Try = "try",
        /// They are edited.
        Apply = "apply",
    }
}

label_values! {
    /// What was erased.
    Erased {
        /// The personal data of a record.
        Record = "record",
        /// Those of a dead letter.
        DeadLetter = "dead_letter",
        /// A document.
        Document = "document",
    }
}

label_values! {
    /// Why something is erased.
    ErasureCause {
        /// A person has asked for it.
        Demand = "demand",
        /// It is old.
        Retention = "retention",
    }
}

label_values! {
    /// How a run of an erasure has ended.
    ErasureEnd {
        /// Everything was looked at.
        Done = "done",
        /// A person has cancelled it.
        Cancelled = "cancelled",
        /// It cannot go on, and is not tried again by itself.
        Failed = "failed",
        /// A server was away, and it goes on later.
        Interrupted = "interrupted",
        /// It could not begin: the user of the database may not erase.
        NotPermitted = "not_permitted",
    }
}
