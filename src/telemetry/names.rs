//! The names of spans and of their attributes.
//!
//! Those of messaging are OpenTelemetry's conventions, which are still "development": some of them may be renamed, and are
//! so here then.

/// The spans of a message, besides those of messaging, which have the name of their destination.
pub mod span {
    /// The envelope is opened, the request parsed and validated.
    pub const PARSE: &str = "parse";
    /// The identity is looked up in the database.
    pub const LOOK_UP: &str = "look up";
    /// The document is rendered: waiting for a renderer process, and its work.
    pub const RENDER: &str = "render";
    /// The work of the renderer process.
    pub const RENDERER: &str = "renderer";
    /// The document is put into the bucket.
    pub const UPLOAD: &str = "upload";
    /// The row is written.
    pub const RECORD: &str = "record";
}

/// What is done with a message: the first word of a span's name.
pub mod operation {
    /// A message is published.
    pub const SEND: &str = "send";
    /// A message was delivered, and waits in the worker.
    pub const RECEIVE: &str = "receive";
    /// A message is processed.
    pub const PROCESS: &str = "process";
    /// A message is acknowledged or handed back.
    pub const SETTLE: &str = "settle";
}

/// The destination in a span's name where a publisher has chosen the queue: such queues are too many for names.
pub const REPLY: &str = "(reply_to)";

pub const MESSAGING_SYSTEM: &str = "messaging.system";
pub const RABBITMQ: &str = "rabbitmq";
pub const OPERATION_NAME: &str = "messaging.operation.name";
pub const OPERATION_TYPE: &str = "messaging.operation.type";
pub const DESTINATION_NAME: &str = "messaging.destination.name";
/// To be renamed to `rabbitmq.destination.routing_key`.
pub const ROUTING_KEY: &str = "messaging.rabbitmq.destination.routing_key";
pub const MESSAGE_ID: &str = "messaging.message.id";
pub const CONVERSATION_ID: &str = "messaging.message.conversation_id";
pub const BODY_SIZE: &str = "messaging.message.body.size";
pub const SERVER_ADDRESS: &str = "server.address";
pub const SERVER_PORT: &str = "server.port";
pub const ERROR_TYPE: &str = "error.type";
pub const PROCESS_PID: &str = "process.pid";
pub const HOST_NAME: &str = "host.name";
pub const SERVICE_VERSION: &str = "service.version";
pub const SERVICE_INSTANCE_ID: &str = "service.instance.id";
pub const DB_SYSTEM: &str = "db.system.name";
pub const DB_COLLECTION: &str = "db.collection.name";
pub const RPC_SYSTEM: &str = "rpc.system";
pub const RPC_SERVICE: &str = "rpc.service";
pub const RPC_METHOD: &str = "rpc.method";
pub const S3_BUCKET: &str = "aws.s3.bucket";
pub const HTTP_METHOD: &str = "http.request.method";
pub const HTTP_ROUTE: &str = "http.route";
pub const HTTP_STATUS: &str = "http.response.status_code";

/// Our own, where the conventions have none.
pub const LANE: &str = "invoice.lane";
pub const ATTEMPT: &str = "invoice.attempt";
pub const DELIVERY_COUNT: &str = "invoice.delivery_count";
pub const IDENTITY: &str = "invoice.identity";
pub const OUTCOME: &str = "invoice.outcome";
pub const FAILURE_STAGE: &str = "invoice.failure.stage";
pub const RETRY_DELAY: &str = "invoice.retry.delay";
pub const ALREADY_GENERATED: &str = "invoice.already_generated";
pub const TEMPLATE: &str = "invoice.template.name";
pub const TEMPLATE_VERSION: &str = "invoice.template.version";
pub const LINES: &str = "invoice.lines";
pub const PAGES: &str = "invoice.document.pages";
pub const DOCUMENT_SIZE: &str = "invoice.document.size";
pub const LAYOUT_SECONDS: &str = "invoice.renderer.layout.duration";
pub const EXPORT_SECONDS: &str = "invoice.renderer.export.duration";
pub const REPLAYED_DEAD_LETTER: &str = "invoice.replay.dead_letter";
