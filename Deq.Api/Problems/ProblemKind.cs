namespace Deq.Api.Problems;

/// <summary>One kind of problem that an answer can report (RFC 9457).</summary>
/// <param name="Name">The last part of <see cref="Type"/>.</param>
/// <param name="Status">HTTP status.</param>
/// <param name="Title">What the kind is about, the same for every occurrence.</param>
internal sealed record ProblemKind(string Name, int Status, string Title)
{
    /// <summary>The URI that names the kind. It is a name, not an address.</summary>
    public string Type => "urn:deq:problem:" + Name;
}
