import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import TernKernel
import TernStore
import TernWeb

/// Files over HTTP, a piece at a time: a dataset may be larger than memory.
struct DatasetUpload {
    var path: String
    var format: DataFormat
    var fileName: String?

    /// Writes the body to a file of its own; of a multipart form, the first part that is a file.
    ///
    /// - Throws: `invalid_argument` without a format or a file, `resource_exhausted` when the disk is full; nothing remains then.
    static func receive(_ request: Request, into folder: DatasetFolder) async throws -> DatasetUpload {
        let path = folder.incoming("upload")
        do {
            try await write(request, to: path)
            guard let boundary = boundary(request.headers[.contentType] ?? "") else {
                return DatasetUpload(path: path, format: try format(request.query("format"), nil), fileName: nil)
            }
            let part = try extract(boundary, from: path)
            return DatasetUpload(path: path, format: try format(request.query("format"), part), fileName: part)
        } catch {
            folder.discard(path)
            throw error
        }
    }

    private static func format(_ named: String?, _ fileName: String?) throws -> DataFormat {
        guard let named else {
            guard let fileName else { throw TernError.invalid("the body's format is not said", hint: "?format=csv, parquet or jsonl") }
            return try DataFormat(path: fileName)
        }
        guard let format = DataFormat(rawValue: named) else {
            throw TernError.invalid("'\(named)' is not a format", hint: "?format=csv, parquet or jsonl")
        }
        return format
    }

    private static func write(_ request: Request, to path: String) async throws {
        guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path) else {
            throw DurableFile.failure("cannot write \(path)")
        }
        defer { try? file.close() }
        for try await piece in request.body {
            do {
                try file.write(contentsOf: Data(piece.readableBytesView))
            } catch {
                throw DurableFile.describe(error, "cannot keep the upload")
            }
        }
    }

    private static func boundary(_ type: String) -> String? {
        guard type.hasPrefix("multipart/form-data"), let found = type.firstMatch(of: /boundary="?([^";]+)"?/) else { return nil }
        return String(found.output.1)
    }

    /// Cuts the file part out of a stored form, in place. Answers the name that the client gave it.
    private static func extract(_ boundary: String, from path: String) throws -> String {
        let whole = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
        let mark = Data("--\(boundary)".utf8)
        var position = whole.range(of: mark)?.upperBound
        while let start = position, let head = whole.range(of: Data("\r\n\r\n".utf8), in: start..<whole.endIndex) {
            let end = whole.range(of: Data("\r\n--\(boundary)".utf8), in: head.upperBound..<whole.endIndex)
            guard let end else { throw TernError.invalid("the form ends before its last boundary: the upload was cut off") }
            let headers = String(decoding: whole[start..<head.lowerBound], as: UTF8.self)
            if let name = headers.firstMatch(of: /filename="([^"]*)"/) {
                try DurableFile.replace(path, with: whole[head.upperBound..<end.lowerBound])
                return String(name.output.1)
            }
            position = end.upperBound
        }
        throw TernError.invalid("the form has no file", hint: "curl -F file=@data.csv …")
    }

    /// A file as a response body.
    static func body(ofFileAt path: String, bytes: Int64) throws -> ResponseBody {
        guard let file = FileHandle(forReadingAtPath: path) else { throw TernError.notFound("no file at \(path)") }
        return ResponseBody(contentLength: Int(clamping: bytes)) { writer in
            defer { try? file.close() }
            while let piece = try file.read(upToCount: 1 << 16), !piece.isEmpty { try await writer.write(ByteBuffer(bytes: piece)) }
            try await writer.finish(nil)
        }
    }
}
