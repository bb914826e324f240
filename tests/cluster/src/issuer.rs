//! An identity provider's least part: the keys that it publishes (RFC 7517), as a file has them at each question.

use std::path::PathBuf;

use hotline::console::{Failure, say};
use platform::lifecycle::Lifecycle;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Answers every request with the file, until it is ended.
pub async fn run(listen: &str, keys: PathBuf) -> Result<(), Failure> {
    let listener = TcpListener::bind(listen).await?;
    say(format!("keys at http://{}", listener.local_addr()?));
    let lifecycle = Lifecycle::new();
    loop {
        let (stream, _) = listener.accept().await?;
        let keys = keys.clone();
        // Whoever breaks off has asked for nothing.
        lifecycle.spawn(async move { drop(answer(stream, &keys).await) });
    }
}

async fn answer(mut stream: TcpStream, keys: &PathBuf) -> std::io::Result<()> {
    let (read, mut write) = stream.split();
    let mut lines = BufReader::new(read).lines();
    while lines.next_line().await?.is_some_and(|line| !line.is_empty()) {}
    let (status, body) = match tokio::fs::read(keys).await {
        Ok(body) => ("200 OK", body),
        Err(_) => ("503 Service Unavailable", Vec::new()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    write.write_all(head.as_bytes()).await?;
    write.write_all(&body).await?;
    write.shutdown().await
}
