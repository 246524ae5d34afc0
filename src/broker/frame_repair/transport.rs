//! The stream below the AMQP client, which repairs the frames that it reads.
//!
//! The client opens its own connections, of a type that belongs to its runtime. So this is the tokio runtime with another
//! type of stream: [`Stream`], and [`Frames`] on top of it.

use std::io::{self, IoSlice, Read, Write};
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use async_rs::traits::Reactor;
use async_rs::util::RuntimeParts;
use async_rs::{Runtime, Tokio};
use futures_io::{AsyncRead, AsyncWrite};
use lapin::tcp::AsyncTcpStream;
use lapin::uri::AMQPUri;
use lapin::{Connection, ConnectionProperties};
use tokio::net::TcpStream;
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt as _};
use tokio_util::either::Either;

use super::frames::Frames;
use crate::broker::stream::{self, Stream};

/// Bytes that are read from the network at once.
const CHUNK_BYTES: usize = 64 << 10;

/// Opens a connection.
pub(in crate::broker) async fn connect(
    uri: AMQPUri,
    properties: ConnectionProperties,
) -> lapin::Result<Connection> {
    let tokio = Tokio::current();
    let reactor = RepairingReactor(tokio.clone());
    let runtime = Runtime::new(RuntimeParts::new(tokio, reactor));
    let longest_frame = uri.query.frame_max.unwrap_or_default();
    let longest_frame = usize::try_from(longest_frame).unwrap_or_default();
    let open = async move |uri: AMQPUri, _: Runtime<RuntimeParts<Tokio, RepairingReactor>>| {
        let stream = RepairedStream::new(stream::open(&uri).await?, longest_frame);
        Ok(AsyncTcpStream::Plain(stream))
    };
    Connection::connector(uri, runtime, open, properties).await
}

/// A stream whose frames are repaired on their way in.
struct RepairedStream {
    stream: Compat<Stream>,
    frames: Frames,
    chunk: Box<[u8]>,
    ended: bool,
}

impl RepairedStream {
    fn new(stream: Stream, longest_frame: usize) -> Self {
        Self {
            stream: stream.compat(),
            frames: Frames::new(longest_frame),
            chunk: vec![0; CHUNK_BYTES].into(),
            ended: false,
        }
    }
}

impl AsyncRead for RepairedStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        loop {
            let given = this.frames.take(into);
            if given > 0 || this.ended || into.is_empty() {
                return Poll::Ready(Ok(given));
            }
            match ready!(Pin::new(&mut this.stream).poll_read(context, &mut this.chunk))? {
                0 => {
                    this.ended = true;
                    this.frames.end();
                }
                length => this.frames.push(&this.chunk[..length]),
            }
        }
    }
}

impl AsyncWrite for RepairedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_close(context)
    }
}

/// The reactor of tokio, except for the type of its streams.
#[derive(Clone, Debug)]
struct RepairingReactor(Tokio);

impl Reactor for RepairingReactor {
    type TcpStream = RepairedStream;
    type Sleep = <Tokio as Reactor>::Sleep;

    fn register<H: Read + Write + AsFd + AsRawFd + Send + 'static>(
        &self,
        socket: H,
    ) -> io::Result<impl AsyncRead + AsyncWrite + Send + Unpin + 'static> {
        self.0.register(socket)
    }

    fn sleep(&self, duration: Duration) -> Self::Sleep {
        self.0.sleep(duration)
    }

    fn interval(
        &self,
        duration: Duration,
    ) -> impl futures_util::Stream<Item = Instant> + Send + 'static {
        self.0.interval(duration)
    }

    fn tcp_connect_addr(
        &self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<Self::TcpStream>> + Send + 'static {
        let connecting = TcpStream::connect(address);
        async move { Ok(RepairedStream::new(Either::Left(connecting.await?), 0)) }
    }
}
