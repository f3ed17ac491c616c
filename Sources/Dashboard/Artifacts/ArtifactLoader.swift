import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import TernKernel
import TernWeb
import Tracking

/// The files of a run, and the one that is looked at.
struct RunArtifacts: DashboardView, Equatable {
    struct File: Sendable, Equatable {
        var name: String
        /// In ems.
        var indent: Int
        var folder: Bool
        var size: String
        var address: String
        var current: Bool
    }

    var files: [File]
    var elsewhere: String?
    var more: String?
    var preview: ArtifactPreview?

    static let template = #"""
        <div class="artifacts"><section class="panel tree">{{#files}}\#
        {{#folder}}<p class="folder" style="padding-left:{{indent}}em">{{name}}/</p>{{/folder}}\#
        {{^folder}}<p style="padding-left:{{indent}}em"><a href="{{address}}"{{#current}} aria-current="page"{{/current}}>{{name}}</a>\#
        <span class="muted">{{size}}</span></p>{{/folder}}{{/files}}\#
        {{^files}}<p class="empty">{{#elsewhere}}Kept at {{.}}, which this server does not serve.{{/elsewhere}}\#
        {{^elsewhere}}None logged.{{/elsewhere}}\#
        </p>{{/files}}{{#more}}<p class="muted">{{.}}</p>{{/more}}</section>
        <section class="panel shown">{{#preview}}{{>artifact-preview}}{{/preview}}{{^preview}}<p class="empty">Choose a file to look at it.\#
        </p>{{/preview}}\#
        </section></div>
        """#
}

/// Fills the part of a run's page that shows its files.
struct ArtifactLoader: Sendable {
    private static let files = 1000
    private static let depth = 12

    let services: DashboardServices

    func load(_ run: Run, _ path: String?) async throws -> RunArtifacts {
        guard let files = RunFiles(services.artifacts, of: run) else {
            return RunArtifacts(files: [], elsewhere: run.info.artifactURI)
        }
        let base = Link.run(run.info.id).address
        var rows: [RunArtifacts.File] = []
        var isCut = false
        // Depth first, so that a folder's files stand below it.
        var waiting = try await files.list("").reversed().map { ($0, 0) }
        while let (entry, depth) = waiting.popLast() {
            guard rows.count < ArtifactLoader.files else {
                isCut = true
                break
            }
            rows.append(
                RunArtifacts.File(
                    name: entry.path.split(separator: "/").last.map(String.init) ?? entry.path, indent: depth, folder: entry.isFolder,
                    size: entry.size.map(Figures.bytes) ?? "", address: "\(base)?tab=artifacts&path=\(Link.escape(entry.path))",
                    current: entry.path == path))
            if entry.isFolder, depth < ArtifactLoader.depth { waiting += try await files.list(entry.path).reversed().map { ($0, depth + 1) } }
        }
        var shown: ArtifactPreview?
        if let path { shown = try await preview(run, files, path) }
        return RunArtifacts(
            files: rows, more: isCut ? "Only the first \(Figures.count(ArtifactLoader.files)) files are listed." : nil,
            preview: shown)
    }

    private func preview(_ run: Run, _ files: RunFiles, _ path: String) async throws -> ArtifactPreview {
        let (bytes, size) = try await files.read(path, upTo: ArtifactPreview.jsonLimit)
        let query = "?path=\(Link.escape(path))"
        return ArtifactPreview(
            path: path, bytes: bytes, size: size, download: "/get-artifact\(query)&run_id=\(Link.escape(run.info.id))",
            view: Link.run(run.info.id).address + "/view" + query)
    }

    /// A picture or page of a run, to be shown within the run's page.
    ///
    /// - Throws: `invalid_argument` for every other kind of file; `too_large`.
    func view(_ id: String, _ path: String) async throws -> ArtifactView {
        let run = try await services.tracking.run(id)
        guard let files = RunFiles(services.artifacts, of: run) else { throw TernError.notFound("No such artifact: '\(path)'") }
        let type: String
        switch ArtifactPreview.kind(of: path) {
        case .image(let known): type = known
        case .page: type = "text/html; charset=utf-8"
        default: throw TernError.invalid("'\(path)' is neither a picture nor a page", hint: "/get-artifact downloads any file")
        }
        let (bytes, size) = try await files.read(path, upTo: ArtifactPreview.viewLimit)
        guard Int64(bytes.count) == size else {
            throw TernError(
                .tooLarge, "'\(path)' is larger than \(Figures.bytes(Int64(ArtifactPreview.viewLimit)))", hint: "/get-artifact downloads it")
        }
        return ArtifactView(type: type, bytes: bytes)
    }
}

/// Bytes that somebody logged, on their way into a page.
struct ArtifactView: Sendable, Equatable {
    var type: String
    var bytes: Data

    /// Its scripts run, if at all, in an origin of their own, which reaches neither this server nor any other; also when opened by itself.
    static let policy =
        "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:; "
        + "font-src data:; frame-ancestors 'self'; form-action 'none'; base-uri 'none'"

    var response: Response {
        var headers: HTTPFields = [.contentType: type, .cacheControl: "no-store", .contentSecurityPolicy: ArtifactView.policy]
        headers[.xContentTypeOptions] = "nosniff"
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
