//! A way to the database that a test can cut, as if the server had been killed: connections end in
//! the middle, and nobody answers at the port until it is mended.

use std::{net::SocketAddr, sync::Arc};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::Mutex,
    task::JoinHandle,
};

/// The way.
pub struct Proxy {
    address: SocketAddr,
    target: String,
    way: Mutex<Option<JoinHandle<()>>>,
}

impl Proxy {
    /// A way to this host and port.
    pub async fn to(target: &str) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let proxy = Self {
            address,
            target: target.to_owned(),
            way: Mutex::new(Some(forward(listener, target.to_owned()))),
        };
        Arc::new(proxy)
    }

    /// Host and port of this end.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends every connection and answers no more.
    pub async fn cut(&self) {
        if let Some(way) = self.way.lock().await.take() {
            way.abort();
            let _ = way.await;
        }
    }

    /// Answers again.
    pub async fn mend(&self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        *self.way.lock().await = Some(forward(listener, self.target.clone()));
    }
}

fn forward(listener: TcpListener, target: String) -> JoinHandle<()> {
    tokio::spawn(async move {
        // Dropped with the task, and every connection with it.
        let mut connections = tokio::task::JoinSet::new();
        loop {
            let (mut near, _) = listener.accept().await.unwrap();
            let target = target.clone();
            connections.spawn(async move {
                let mut far = TcpStream::connect(target).await.unwrap();
                let _ = copy_bidirectional(&mut near, &mut far).await;
            });
        }
    })
}
