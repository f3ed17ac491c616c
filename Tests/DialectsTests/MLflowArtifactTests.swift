import Foundation
import TernKernel
import Testing

@testable import Dialects

@Suite struct MLflowArtifactTests {
    private static let root = "/api/2.0/mlflow-artifacts/artifacts"

    @Test func `what was put comes back, whole or in part`() async throws {
        try await MLflowTestServer.with { server in
            let bytes = Data((0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
            let path = "\(Self.root)/0/run/artifacts/model/weights.bin"
            let put = try await server.send("PUT", path, bytes)
            #expect(put.status == 200)
            #expect(put.body.isEmpty)
            let whole = try await server.get(path)
            #expect(whole.status == 200)
            #expect(whole.body == bytes)
            #expect(whole.headers["content-type"] == "application/octet-stream")
            #expect(whole.headers["content-disposition"] == "attachment; filename=weights.bin")
            #expect(whole.headers["x-content-type-options"] == "nosniff")
            #expect(whole.headers["accept-ranges"] == "bytes")
            let part = try await server.get(path, headers: ["Range": "bytes=10-19"])
            #expect(part.status == 206)
            #expect(part.body == bytes[10..<20])
            #expect(part.headers["content-range"] == "bytes 10-19/300000")
            #expect(try await server.get(path, headers: ["Range": "bytes=-5"]).body == bytes.suffix(5))
            #expect(try await server.get(path, headers: ["Range": "bytes=300000-"]).status == 416)
            let tag = try #require(whole.headers["etag"])
            #expect(try await server.get(path, headers: ["If-None-Match": tag]).status == 304)
        }
    }

    @Test func `names with spaces and other letters work`() async throws {
        try await MLflowTestServer.with { server in
            let path = "\(Self.root)/0/r/artifacts/a%20b%20%C3%A9%23.txt"
            let put = try await server.send("PUT", path, Data("hello".utf8))
            #expect(put.status == 200)
            let got = try await server.get(path)
            #expect(got.text == "hello")
            #expect(got.headers["content-type"] == "text/plain")
            #expect(got.headers["content-disposition"]?.contains("filename*=UTF-8''") == true)
            #expect(try await server.get("\(Self.root)?path=0/r/artifacts").json["files"]?[0]?["path"] == "a b é#.txt")
        }
    }

    @Test func `folders are listed, and removed with all they hold`() async throws {
        try await MLflowTestServer.with { server in
            for name in ["b.txt", "dir/c.txt", "a.txt"] { _ = try await server.send("PUT", "\(Self.root)/7/\(name)", Data("x".utf8)) }
            #expect(
                try await server.get("\(Self.root)?path=7").json["files"] == [
                    ["path": "a.txt", "is_dir": false, "file_size": 1], ["path": "b.txt", "is_dir": false, "file_size": 1],
                    ["path": "dir", "is_dir": true],
                ])
            #expect(try await server.get("\(Self.root)").json["files"]?.arrayValue?.count == 1)
            #expect(try await server.get("\(Self.root)?path=7/a.txt").json == [:])
            #expect(try await server.get("\(Self.root)?path=none").json == [:])
            #expect(try await server.send("DELETE", "\(Self.root)/7/dir", nil).json == [:])
            #expect(try await server.send("DELETE", "\(Self.root)/7/dir", nil).json == [:])
            #expect(try await server.get("\(Self.root)/7/dir/c.txt").status == 404)
            let missing = try await server.get("\(Self.root)/nope.txt")
            #expect(missing.status == 404)
            #expect(missing.message == "No such artifact: 'nope.txt'")
        }
    }

    @Test(arguments: ["%2e%2e/x", "a/%2e%2e/%2e%2e/x", "%252e%252e/x", "a%5C..%5Cx", "%2Fetc/passwd", ".incoming/x", "a%00b"])
    func `a path that leads elsewhere is refused`(path: String) async throws {
        try await MLflowTestServer.with { server in
            for method in ["GET", "PUT", "DELETE"] {
                let answer = try await server.send(method, "\(Self.root)/\(path)", method == "PUT" ? Data("x".utf8) : nil)
                #expect(answer.status == 400, "\(method) \(path): \(answer.text)")
                #expect(answer.message == "Invalid path")
            }
            #expect(try await server.get("\(Self.root)?path=\(path)").status == 400)
        }
    }

    @Test func `a run's files are listed from its own root`() async throws {
        try await MLflowTestServer.with { server in
            let run = try await server.newRun()
            _ = try await server.send("PUT", "\(Self.root)/0/\(run)/artifacts/plots/a.png", Data("x".utf8))
            let top = try await server.get("artifacts/list?run_id=\(run)")
            #expect(top.json["root_uri"] == .string("mlflow-artifacts:/0/\(run)/artifacts"))
            #expect(top.json["files"] == [["path": "plots", "is_dir": true]])
            let below = try await server.get("artifacts/list?run_id=\(run)&path=plots")
            #expect(below.json["files"] == [["path": "plots/a.png", "is_dir": false, "file_size": 1]])
            #expect(try await server.get("artifacts/list?run_id=\(run)&path=../..").status == 400)
            #expect(try await server.get("/get-artifact?run_uuid=\(run)&path=plots/a.png").text == "x")
            #expect(try await server.get("/get-artifact?run_uuid=\(run)&path=../../x").status == 400)
            #expect(try await server.post("/api/2.0/mlflow-artifacts/mpu/create/x", [:]).errorCode == "NOT_IMPLEMENTED")
        }
    }

    @Test(arguments: [
        ("bytes=0-0", 10, FileResponse.Part.part(0...0)), ("bytes=5-", 10, .part(5...9)), ("bytes=-3", 10, .part(7...9)),
        ("bytes=-30", 10, .part(0...9)), ("bytes=0-99", 10, .part(0...9)), ("bytes=10-", 10, .outside), ("bytes=0-", 0, .outside),
        ("bytes=-0", 10, .outside), ("bytes=5-2", 10, .whole), ("bytes=0-1,3-4", 10, .whole), ("items=0-1", 10, .whole), ("bytes=x", 10, .whole),
        ("bytes=-", 10, .whole), ("bytes=1-x", 10, .whole),
    ])
    func `a range header means what the standard says`(header: String, size: Int, expected: FileResponse.Part) {
        #expect(FileResponse.part(header, of: size) == expected)
    }

    @Test func `file types follow the name`() {
        #expect(FileResponse.type(of: "MLmodel") == "text/plain")
        #expect(FileResponse.type(of: "a.YAML") == "text/plain")
        #expect(FileResponse.type(of: "a.png") == "image/png")
        #expect(FileResponse.type(of: "a.html") == "text/html")
        #expect(FileResponse.type(of: "weights") == "application/octet-stream")
    }
}
