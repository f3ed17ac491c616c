import Foundation
import NIOCore
import TernKernel
import TernStore
import TernTestSupport
import Testing

@testable import Tracking

@Suite struct ArtifactStoreTests {
    private func stream(_ pieces: [String], failing: Bool = false) -> AsyncThrowingStream<ByteBuffer, any Error> {
        AsyncThrowingStream { continuation in
            for piece in pieces { continuation.yield(ByteBuffer(string: piece)) }
            continuation.finish(throwing: failing ? TernError(.unavailable, "the line went dead") : nil)
        }
    }

    private func text(_ path: String, _ store: ArtifactStore) async throws -> String {
        String(buffer: try await store.read(store.facts(path)).collect(upTo: 1 << 20))
    }

    @Test func `pieces become one file, and a second upload replaces the first`() async throws {
        try await withTemporaryFolder { folder async throws in
            let store = try ArtifactStore(folder: folder + "/artifacts")
            try await store.put("1/run/artifacts/a.txt", stream(["hel", "lo"]))
            #expect(try await text("1/run/artifacts/a.txt", store) == "hello")
            try await store.put("1/run/artifacts/a.txt", stream(["new"]))
            #expect(try await text("1/run/artifacts/a.txt", store) == "new")
            try await store.put("1/empty", stream([]))
            #expect(try await store.facts("1/empty").size == 0)
        }
    }

    @Test func `an upload that breaks off leaves the old file and nothing else`() async throws {
        try await withTemporaryFolder { folder async throws in
            let store = try ArtifactStore(folder: folder)
            try await store.put("a.txt", stream(["old"]))
            #expect(await refusal { try await store.put("a.txt", stream(["ne"], failing: true)) }?.message == "the line went dead")
            #expect(await refusal { try await store.put("b.txt", stream(["ne"], failing: true)) } != nil)
            #expect(
                await refusal { try await store.put("a.txt", stream(["ne"]), expecting: ObjectExpectation(size: 3)) }?.code == .invalidArgument)
            #expect(try await text("a.txt", store) == "old")
            #expect(try await store.list().map(\.name) == ["a.txt"])
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/.incoming").isEmpty)
        }
    }

    @Test func `what a crash left unfinished is removed at the next start`() async throws {
        try await withTemporaryFolder { folder async throws in
            _ = try ArtifactStore(folder: folder)
            try Data("half".utf8).write(to: URL(fileURLWithPath: folder + "/.incoming/x"))
            let store = try ArtifactStore(folder: folder)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/.incoming").isEmpty)
            #expect(try await store.list().isEmpty)
        }
    }

    @Test(arguments: [
        "..", "../a", "a/../../b", "/a", "%2e%2e/a", "%252e%252e/a", "a\\b", ".incoming/x", ".uploads/x", "a\0b", "%2Fa", "", ".", "./",
    ])
    func `no path leads out of the folder`(path: String) async throws {
        try await withTemporaryFolder { folder async throws in
            let store = try ArtifactStore(folder: folder + "/artifacts")
            #expect(await refusal { try await store.put(path, stream(["x"])) }?.message == "Invalid path")
            #expect(await refusal { try await store.delete(path) }?.message == "Invalid path")
            #expect(await refusal { _ = try await store.beginUpload(path) }?.message == "Invalid path")
            #expect(await refusal { _ = try await store.facts(path) } != nil)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["artifacts"])
        }
    }

    @Test func `a percent sign in a name is a percent sign`() async throws {
        try await withTemporaryFolder { folder async throws in
            let store = try ArtifactStore(folder: folder)
            try await store.put("100%.txt", stream(["x"]))
            #expect(try await store.list().map(\.name) == ["100%.txt"])
        }
    }

    @Test func `a file is no folder and a folder no file`() async throws {
        try await withTemporaryFolder { folder async throws in
            let store = try ArtifactStore(folder: folder)
            try await store.put("a/b.txt", stream(["x"]))
            #expect(await refusal { _ = try await store.facts("a") }?.code == .notFound)
            #expect(try await store.list("a/b.txt").isEmpty)
            #expect(await refusal { try await store.put("a/b.txt/c", stream(["x"])) } != nil)
            #expect(try await store.list("a") == [ArtifactStore.Entry(name: "b.txt", isFolder: false, size: 1)])
            try await store.delete("a")
            try await store.delete("a")
            #expect(try await store.list().isEmpty)
        }
    }

    @Test func `an address names the files below it, and all of them can be deleted`() async throws {
        try await withTemporaryFolder { folder async throws in
            let store = try ArtifactStore(folder: folder)
            for path in ["1/r/artifacts/model/MLmodel", "1/r/artifacts/model/data/m.onnx", "1/s/artifacts/x", "2/t/artifacts/y"] {
                try await store.put(path, stream([path]))
            }
            let files = try await store.files(below: "mlflow-artifacts:/1/r/artifacts/model")
            #expect(files == ["1/r/artifacts/model/MLmodel", "1/r/artifacts/model/data/m.onnx"])
            #expect(try await store.files(below: "mlflow-artifacts://host:5000/1/r/artifacts/model/MLmodel") == [files[0]])
            #expect(try await store.files(below: "s3://elsewhere/x").isEmpty)
            #expect(try await String(contentsOfFile: store.localFile(files[0], scratch: "/none"), encoding: .utf8) == files[0])
            try await store.deleteAll(at: "mlflow-artifacts:/1/r/artifacts")
            #expect(try await store.files(below: "mlflow-artifacts:/1") == ["1/s/artifacts/x"])
            try await store.deleteAll(at: "mlflow-artifacts:/1")
            #expect(try await store.list().map(\.name) == ["2"])
            for bad in ["mlflow-artifacts:/", "s3://bucket/1", "/1", "mlflow-artifacts:/../1"] {
                #expect(await refusal { try await store.deleteAll(at: bad) }?.code == .invalidArgument)
            }
        }
    }
}
