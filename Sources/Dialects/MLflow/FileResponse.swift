import Foundation
import HTTPTypes
import Hummingbird
import TernKernel
import TernStore
import TernWeb
import Tracking

/// An artifact as an answer: whole, or the part that a `Range` header asks for, streamed from wherever it lies.
struct FileResponse {
    let artifacts: ArtifactStore
    let facts: ObjectFacts

    init(_ path: String, in artifacts: ArtifactStore) async throws {
        self.artifacts = artifacts
        facts = try await artifacts.facts(path)
    }

    func make(for request: Request) async throws -> Response {
        let name = (facts.key as NSString).lastPathComponent
        let size = Int(clamping: facts.size)
        let tag = "\"\(facts.tag)\""
        var headers: HTTPFields = [
            .contentType: FileResponse.type(of: name), .contentDisposition: FileResponse.disposition(name), .xContentTypeOptions: "nosniff",
            .eTag: tag, .lastModified: FileResponse.httpDate(facts.modified.date), .acceptRanges: "bytes",
        ]
        if let known = request.headers[.ifNoneMatch], FileResponse.matches(known, tag) { return Response(status: .notModified, headers: headers) }
        // A part of another version would be of no use to who has the beginning of one.
        let range = request.headers[.ifRange].map { $0 == tag } ?? true ? request.headers[.range] : nil
        switch FileResponse.part(range, of: size) {
        case .whole: return Response(status: .ok, headers: headers, body: try await body(nil))
        case .part(let range):
            headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound)/\(size)"
            return Response(status: .partialContent, headers: headers, body: try await body(range))
        case .outside:
            headers[.contentRange] = "bytes */\(size)"
            return Response(status: .rangeNotSatisfiable, headers: headers)
        }
    }

    private func body(_ range: ClosedRange<Int>?) async throws -> ResponseBody {
        let part = range.map { Int64($0.lowerBound)..<Int64($0.upperBound) + 1 }
        let bytes = try await artifacts.read(facts, range: part)
        return ResponseBody(contentLength: range?.count ?? Int(clamping: facts.size)) { writer in
            for try await piece in bytes { try await writer.write(piece) }
            try await writer.finish(nil)
        }
    }

    /// Whether one of the tags of an `If-None-Match` header is this one.
    static func matches(_ header: String, _ tag: String) -> Bool {
        header.split(separator: ",").contains { item in
            let known = item.trimmingCharacters(in: .whitespaces)
            return known == "*" || (known.hasPrefix("W/") ? String(known.dropFirst(2)) : known) == tag
        }
    }

    enum Part: Equatable {
        case whole
        case part(ClosedRange<Int>)
        case outside
    }

    /// One range is served; several, or what cannot be read, count as none, as the standard allows.
    static func part(_ header: String?, of size: Int) -> Part {
        guard let header, header.hasPrefix("bytes=") else { return .whole }
        let ends = header.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, !header.contains(",") else { return .whole }
        let (first, last) = (Int(ends[0].filter { $0 != " " }), Int(ends[1].filter { $0 != " " }))
        if ends[0].isEmpty {
            guard let last, last >= 0 else { return .whole }
            return last == 0 || size == 0 ? .outside : .part(max(0, size - last)...size - 1)
        }
        guard let first, first >= 0, ends[1].isEmpty || last != nil else { return .whole }
        guard first < size else { return .outside }
        let end = min(last ?? size - 1, size - 1)
        return end < first ? .whole : .part(first...end)
    }

    /// Text that browsers should show as text, then a few well-known types.
    static func type(of name: String) -> String {
        let ending = name.contains(".") ? (name as NSString).pathExtension.lowercased() : name.lowercased()
        if textEndings.contains(ending) { return "text/plain" }
        return types[ending] ?? "application/octet-stream"
    }

    private static let textEndings: Set<String> = [
        "txt", "log", "err", "cfg", "conf", "cnf", "cf", "ini", "properties", "prop", "hocon", "toml", "yaml", "yml", "xml", "json", "js", "py",
        "py3", "csv", "tsv", "md", "rst", "ipynb", "mlmodel", "mlproject",
    ]

    private static let types = [
        "html": "text/html", "htm": "text/html", "css": "text/css", "png": "image/png", "jpg": "image/jpeg",
        "jpeg": "image/jpeg", "gif": "image/gif", "svg": "image/svg+xml", "webp": "image/webp", "pdf": "application/pdf", "zip": "application/zip",
        "gz": "application/gzip", "tar": "application/x-tar", "mp3": "audio/mpeg", "wav": "audio/x-wav", "mp4": "video/mp4",
    ]

    /// RFC 6266: the name plain, in quotes, or with an encoded second form when it is not ASCII.
    static func disposition(_ name: String) -> String {
        let token = "!#$&+-.^_`|~%'*"
        if !name.isEmpty, name.utf8.allSatisfy({ $0 < 128 }) {
            let plain = name.allSatisfy { ($0.isASCII && ($0.isLetter || $0.isNumber)) || token.contains($0) }
            let safe = name.unicodeScalars.map { $0.value < 32 || $0 == "\"" || $0 == "\\" ? "_" : String($0) }.joined()
            return "attachment; filename=" + (plain ? name : "\"\(safe)\"")
        }
        let ascii = name.unicodeScalars.filter { $0.isASCII && $0.value >= 32 && $0 != "\"" && $0 != "\\" }.map(String.init).joined()
        let encoded = name.addingPercentEncoding(withAllowedCharacters: .alphanumerics.intersection(.ascii)) ?? "download"
        return "attachment; filename=\"\(ascii.isEmpty ? "download" : ascii)\"; filename*=UTF-8''\(encoded)"
    }

    /// `Tue, 07 May 1996 00:30:00 GMT`.
    private static func httpDate(_ date: Date) -> String {
        let text = Timestamp(milliseconds: Int64(date.timeIntervalSince1970) * 1000).description
        let days = Int64(date.timeIntervalSince1970) / 86_400
        let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][Int(((days % 7) + 7) % 7)]
        let civil = CivilDate.civil(fromDays: days)
        let month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][Int(max(1, min(12, civil.month))) - 1]
        let day = civil.day < 10 ? "0\(civil.day)" : "\(civil.day)"
        return "\(weekday), \(day) \(month) \(civil.year) \(text.dropFirst(11).prefix(8)) GMT"
    }
}

extension CharacterSet {
    fileprivate static let ascii = CharacterSet(charactersIn: Unicode.Scalar(0)...Unicode.Scalar(127))
}

extension HTTPField.Name {
    fileprivate static let xContentTypeOptions = HTTPField.Name("X-Content-Type-Options") ?? .contentType
}
