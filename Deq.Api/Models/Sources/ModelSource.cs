namespace Deq.Api.Models.Sources;

/// <summary>A bundle that is fetched from elsewhere.</summary>
/// <param name="Name">The model's name, as its manifest has it.</param>
/// <param name="Address">Of the bundle's folder, <c>https</c> or <c>s3</c>; a query goes with the address of each file.</param>
/// <param name="Sha256">Of the manifest, lower-case hexadecimal: it names the bundle's exact contents.</param>
internal sealed record ModelSource(string Name, Uri Address, string Sha256)
{
    /// <summary>Files with separate addresses, such as signed ones, by path.</summary>
    public IReadOnlyDictionary<string, Uri> Files { get; init; } = new Dictionary<string, Uri>();

    /// <summary>Every address in its settings.</summary>
    public IEnumerable<Uri> Addresses => Files.Values.Append(Address);

    /// <summary>The address as logs may have it: a query can be a secret.</summary>
    public string Place => Address.GetLeftPart(UriPartial.Path);

    /// <summary>The address of one of its files.</summary>
    /// <param name="path">As the manifest names it.</param>
    public Uri AddressOf(string path) => Files.TryGetValue(path, out Uri? own) ? own : new UriBuilder(Address)
    {
        Path = $"{Address.AbsolutePath.TrimEnd('/')}/{string.Join('/', path.Split('/').Select(Uri.EscapeDataString))}",
    }.Uri;
}
