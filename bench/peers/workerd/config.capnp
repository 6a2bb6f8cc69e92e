using Workerd = import "/workerd/workerd.capnp";

# The address and the folder for the objects are given on the command line.
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .chat),
    (name = "objects", disk = (writable = true)),
  ],
  sockets = [(name = "http", http = (), service = "main")],
);

const chat :Workerd.Worker = (
  modules = [(name = "room.js", esModule = embed "room.js")],
  compatibilityDate = "2026-01-01",
  durableObjectNamespaces = [(className = "Room", uniqueKey = "bench", enableSql = true)],
  durableObjectStorage = (localDisk = "objects"),
  bindings = [(name = "ROOMS", durableObjectNamespace = "Room")],
);
