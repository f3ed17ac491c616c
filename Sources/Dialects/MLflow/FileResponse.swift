import Foundation
import HTTPTypes
import Hummingbird
import TernKernel
import TernWeb

/// A file as an answer: whole, or the part that a `Range` header asks for, streamed from disk.
struct FileResponse {
    let path: String
    let size: Int
    let modified: Date

    init(_ file: (path: String, size: Int64, modified: Date)) {
        path = file.path
        size = Int(clamping: file.size)
        modified = file.modified
    }

    func make(for request: Request, _ context: TernContext) async throws -> Response {
        let name = (path as NSString).lastPathComponent
        let tag = "\"\(String(size, radix: 16))-\(String(Int64(modified.timeIntervalSince1970 * 1000), radix: 16))\""
        var headers: HTTPFields = [
            .contentType: FileResponse.type(of: name), .contentDisposition: FileResponse.disposition(name), .xContentTypeOptions: "nosniff",
            .eTag: tag, .lastModified: FileResponse.httpDate(modified), .acceptRanges: "bytes",
        ]
        if request.headers[.ifNoneMatch] == tag { return Response(status: .notModified, headers: headers) }
        switch FileResponse.part(request.headers[.range], of: size) {
        case .whole:
            return Response(status: .ok, headers: headers, body: try await FileIO().loadFile(path: path, context: context))
        case .part(let range):
            headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound)/\(size)"
            return Response(status: .partialContent, headers: headers, body: try await FileIO().loadFile(path: path, range: range, context: context))
        case .outside:
            headers[.contentRange] = "bytes */\(size)"
            return Response(status: .rangeNotSatisfiable, headers: headers)
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
        let ending = name.contains(".") ? (name as NSString).pathExtension.lowercased() : name
        if textEndings.contains(ending) { return "text/plain" }
        return types[ending] ?? "application/octet-stream"
    }

    private static let textEndings: Set<String> = [
        "txt", "log", "err", "cfg", "conf", "cnf", "cf", "ini", "properties", "prop", "hocon", "toml", "yaml", "yml", "xml", "json", "js", "py",
        "py3", "csv", "tsv", "md", "rst", "ipynb", "MLmodel", "MLproject",
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
