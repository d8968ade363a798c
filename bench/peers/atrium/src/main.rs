//! Proves what atrium-repo can prove of a repository: every block's hash, that the whole tree can be walked, and that
//! each record is there and decodes. It has no API for the signature, and looks at neither key order nor layers.
//! Prints how many records there are.
use atrium_repo::Repository;
use atrium_repo::blockstore::{AsyncBlockStoreRead, CarStore};
use futures::TryStreamExt;
use ipld_core::{cid::Cid, ipld::Ipld};
use std::io::Cursor;

async fn verify(file: &str) -> Result<usize, Box<dyn std::error::Error>> {
    // In memory, for it asks where it stands before every block, which empties a buffered reader each time.
    let mut store = CarStore::open(Cursor::new(std::fs::read(file)?)).await?;
    let root = store.roots().next().ok_or("the CAR has no root")?;
    let entries: Vec<(String, Cid)> = {
        let mut repository = Repository::open(&mut store, root).await?;
        let mut tree = repository.tree();
        tree.entries().try_collect().await?
    };
    let mut block = Vec::new();
    for (_, cid) in &entries {
        store.read_block_into(*cid, &mut block).await?;
        let _: Ipld = serde_ipld_dagcbor::from_slice(&block)?;
    }
    Ok(entries.len())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, work, file, ..] = arguments.as_slice() else {
        return Err("drive-atrium verify FILE.car".into());
    };
    if work != "verify" {
        return Err("verify is all it does".into());
    }
    println!("{}", futures::executor::block_on(verify(file))?);
    Ok(())
}
