import Hummingbird
import TernKernel
import TernProject
import TernWeb

/// Makes the server match a project: each part goes to the room that owns it.
struct ProjectService: Sendable {
    let store: ProjectStore
    /// Gives each part of the project to the room that owns it; `before` is what was applied last, `others` are the other projects of this server.
    let rooms: @Sendable (_ project: Project, _ before: Project?, _ others: [Project], Identity) async throws -> Void

    func plan(_ project: Project) async throws -> ProjectDifference {
        try ProjectDifference(from: try await store.project(named: project.name), to: project)
    }

    /// Applying the same project twice changes nothing, also not the ledger.
    func apply(_ project: Project, by identity: Identity) async throws -> ProjectDifference {
        try identity.require(.editor, to: "apply a project")
        let difference = try await plan(project)
        guard !difference.isEmpty else { return difference }
        // The rooms first: what is recorded as applied is in force.
        let others = try await store.all().filter { $0.name != project.name }
        try await rooms(project, try await store.project(named: project.name), others, identity)
        try await store.save(project, difference: difference, by: identity.name)
        return difference
    }

    private struct ProjectRequest: Decodable {
        var project: Project
    }

    func mount(on router: TernRouterGroup) {
        router.get("project") { _, _ in try Response.json(["projects": try await store.all()]) }
        router.post("project/plan") { request, _ in
            let project = try await request.value(ProjectRequest.self).project
            return try Response.json(try await plan(project))
        }
        router.post("project/apply") { request, context in
            let project = try await request.value(ProjectRequest.self).project
            let difference = try await apply(project, by: context.identity)
            let lines = try JSON(encoding: difference.lines)
            return Response.json(["applied": true, "lines": lines] as JSON)
        }
    }
}
