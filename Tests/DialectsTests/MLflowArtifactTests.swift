import Foundation
import TernKernel
import Testing

@testable import Dialects

@Suite struct MLflowArtifactTests {
    private static let root = "/api/2.0/mlflow-artifacts/artifacts"

    @Test func `what was put comes back, whole or in part`() async throws {
        try await MLflowTestServer.with { server async throws in
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
        try await MLflowTestServer.with { server async throws in
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
        try await MLflowTestServer.with { server async throws in
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
        try await MLflowTestServer.with { server async throws in
            for method in ["GET", "PUT", "DELETE"] {
                let answer = try await server.send(method, "\(Self.root)/\(path)", method == "PUT" ? Data("x".utf8) : nil)
                #expect(answer.status == 400, "\(method) \(path): \(answer.text)")
                #expect(answer.message == "Invalid path")
            }
            #expect(try await server.get("\(Self.root)?path=\(path)").status == 400)
        }
    }

    @Test func `a run's files are listed from its own root`() async throws {
        try await MLflowTestServer.with { server async throws in
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
        }
    }

    @Test func `a HEAD tells what a GET would, without the bytes`() async throws {
        try await MLflowTestServer.with { server async throws in
            let path = "\(Self.root)/0/r/artifacts/a.txt"
            _ = try await server.send("PUT", path, Data("hello".utf8))
            let head = try await server.send("HEAD", path, nil)
            #expect(head.status == 200 && head.body.isEmpty)
            #expect(head.headers["content-length"] == "5")
            let tag = try #require(head.headers["etag"])
            for known in [tag, "\"x\", W/\(tag)", "*"] {
                #expect(try await server.get(path, headers: ["If-None-Match": known]).status == 304)
            }
            #expect(try await server.get(path, headers: ["If-None-Match": "\"x\""]).status == 200)
            #expect(try await server.get(path, headers: ["Range": "bytes=0-1", "If-Range": tag]).text == "he")
            #expect(try await server.get(path, headers: ["Range": "bytes=0-1", "If-Range": "\"x\""]).text == "hello")
            #expect(try await server.send("HEAD", path + "x", nil).status == 404)
        }
    }

    @Test func `bytes that are not the announced ones are refused, and nothing is stored`() async throws {
        try await MLflowTestServer.with { server async throws in
            let path = "\(Self.root)/0/r/artifacts/a.txt"
            let right = ["Content-MD5": "XUFAKrxLKna5cZ2REBfFkg==", "Content-Digest": "sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:"]
            for (name, value) in right { #expect(try await server.send("PUT", path + "1", Data("hello".utf8), [name: value]).status == 200) }
            for (name, value) in right { #expect(try await server.send("PUT", path, Data("hellO".utf8), [name: value]).status == 400) }
            #expect(try await server.send("PUT", path, Data("hello".utf8), ["Content-MD5": "zzz"]).status == 400)
            #expect(try await server.send("PUT", path, Data("hello".utf8), ["Content-Digest": "sha-256=:zzz:"]).status == 400)
            #expect(try await server.get(path).status == 404)
        }
    }

    @Test func `an upload in parts goes through links that need no login, and is seen when it is complete`() async throws {
        try await MLflowTestServer.with { server async throws in
            let mpu = "/api/2.0/mlflow-artifacts/mpu"
            let created = try await server.post("\(mpu)/create/0/r/artifacts/a%20b", ["path": "/home/me/é big.bin", "num_parts": 2])
            #expect(created.status == 200)
            let upload = try #require(created.json["upload_id"])
            let credentials = try #require(created.json["credentials"]?.arrayValue)
            #expect(credentials.compactMap { $0["part_number"]?.intValue } == [1, 2])
            var parts: [JSON] = []
            for (index, credential) in credentials.enumerated() {
                let url = try #require(credential["url"]?.stringValue)
                #expect(url.hasPrefix(server.base + "/"))
                let sent = try await server.send("PUT", String(url.dropFirst(server.base.count)), Data("part\(index)".utf8), ["x-role": "viewer"])
                #expect(sent.status == 200)
                parts.append(["part_number": JSON(index + 1), "etag": .string(try #require(sent.headers["etag"])), "url": .string(url)])
                let tampered = String(url.dropFirst(server.base.count)).replacingOccurrences(of: "part=\(index + 1)", with: "part=3")
                #expect(try await server.send("PUT", tampered, Data("x".utf8)).status == 403)
            }
            #expect(try await server.get("\(Self.root)?path=0/r/artifacts/a%20b").json == [:])
            let body: JSON = ["path": "/home/me/é big.bin", "upload_id": upload, "parts": .array(parts)]
            #expect(try await server.post("\(mpu)/complete/0/r/artifacts/a%20b", body).json == [:])
            #expect(try await server.get("\(Self.root)/0/r/artifacts/a%20b/%C3%A9%20big.bin").text == "part0part1")
            #expect(try await server.post("\(mpu)/complete/0/r/artifacts/a%20b", body).status == 404)
            #expect(try await server.post("\(mpu)/abort/0/r/artifacts/a%20b", body).json == [:])
        }
    }

    @Test func `an upload in parts is asked for in the right words by who may write`() async throws {
        try await MLflowTestServer.with { server async throws in
            let mpu = "/api/2.0/mlflow-artifacts/mpu"
            #expect(try await server.post("\(mpu)/create/x", [:]).message.contains("'path'"))
            #expect(try await server.post("\(mpu)/create/x", ["path": "a", "num_parts": 10_001]).status == 400)
            #expect(try await server.post("\(mpu)/create/x", ["path": "a", "num_parts": 0]).status == 400)
            #expect(try await server.post("\(mpu)/create/%2e%2e/x", ["path": "a"]).status == 400)
            #expect(try await server.post("\(mpu)/create/x", ["path": "/"]).status == 400)
            #expect(try await server.post("\(mpu)/create/x", ["path": "a"], headers: ["x-role": "viewer"]).status == 403)
            #expect(try await server.post("\(mpu)/complete/x", ["path": "a", "upload_id": "u"]).message.contains("'parts'"))
            let info = try await server.get("/api/3.0/mlflow/server-info").json
            #expect(info["multipart_uploads_enabled"] == false && info["multipart_downloads_enabled"] == false)
        }
    }

    @Test func `links carry one file in and out, until they expire`() async throws {
        try await MLflowTestServer.with { server async throws in
            let run = try await server.newRun()
            let up = try await server.post("artifacts/presigned-upload-url", ["run_id": .string(run), "path": "dir/a b.txt"])
            #expect(up.json["headers"]?["Content-Type"] == "text/plain")
            let put = String(try #require(up.json["presigned_url"]?.stringValue).dropFirst(server.base.count))
            #expect(try await server.send("PUT", put, Data("hello".utf8), ["x-role": "viewer"]).status == 200)
            #expect(try await server.get(put).status == 403)
            let down = try await server.post("artifacts/presigned-download-url", ["run_id": .string(run), "path": "dir/a b.txt", "expiration": 60])
            #expect(down.json["file_size"] == 5)
            let get = String(try #require(down.json["presigned_url"]?.stringValue).dropFirst(server.base.count))
            #expect(try await server.get(get, headers: ["Range": "bytes=1-2"]).text == "el")
            #expect(try await server.get(get.replacingOccurrences(of: "expires=", with: "expires=9")).status == 403)
            let direct = try await server.get("/api/2.0/mlflow-artifacts/presigned/0/\(run)/artifacts/dir/a%20b.txt")
            #expect(direct.json["file_size"] == 5 && direct.json["headers"] == [:])
            for bad: JSON in [
                ["path": "x"], ["run_id": .string(run), "model_id": "m", "path": "x"], ["run_id": .string(run), "path": "../x"],
                ["run_id": .string(run), "path": "x", "expiration": 604_801], ["run_id": .string(run)],
            ] {
                #expect(try await server.post("artifacts/presigned-upload-url", bad).status == 400)
            }
            #expect(try await server.post("artifacts/presigned-download-url", ["run_id": .string(run), "path": "nope"]).status == 404)
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
