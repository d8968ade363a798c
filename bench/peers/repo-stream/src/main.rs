//! Proves what repo-stream can prove of a repository: every block's hash, the tree's key order and layers, and that
//! each record decodes. It has no API for the signature. Prints how many records there are.
use ipld_core::ipld::Ipld;
use repo_stream::DriverBuilder;

// Called for each record as it is read, so that only its fate is kept in memory.
fn decode(block: Vec<u8>) -> Vec<u8> {
    let _: Ipld = serde_ipld_dagcbor::from_slice(&block).expect("a record is not DAG-CBOR");
    Vec::new()
}

async fn verify(file: &str) -> Result<usize, Box<dyn std::error::Error>> {
    let file = tokio::fs::File::open(file).await?;
    let mut car = DriverBuilder::new()
        .with_mem_limit_mb(1 << 20)
        .with_block_processor(decode)
        .load_car(tokio::io::BufReader::with_capacity(1 << 20, file))
        .await?;
    let mut records = 0;
    while let Some(chunk) = car.next_chunk_strict(256)? {
        records += chunk.len();
    }
    Ok(records)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, work, file, ..] = arguments.as_slice() else {
        return Err("drive-repo-stream verify FILE.car".into());
    };
    if work != "verify" {
        return Err("verify is all it does".into());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    println!("{}", runtime.block_on(verify(file))?);
    Ok(())
}
