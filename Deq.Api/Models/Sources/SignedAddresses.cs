using Amazon.S3;
using Amazon.S3.Model;

namespace Deq.Api.Models.Sources;

/// <summary>Where files of sources are asked for: objects of the store by addresses that carry a signature, all else as it is. Thread-safe.</summary>
internal sealed class SignedAddresses : IDisposable
{
    /// <summary>How long a signature counts. A download may take longer: only its start is checked.</summary>
    private static readonly TimeSpan s_validFor = TimeSpan.FromMinutes(15);

    private readonly StoreSettings? _store;
    private readonly TimeProvider _clock;
    private readonly AmazonS3Client? _client;

    public SignedAddresses(SourceSettings settings, TimeProvider clock)
    {
        (_store, _clock) = (settings.Store, clock);

        // It signs and asks for nothing: no request is the library's own.
        _client = _store is null ? null : new AmazonS3Client(_store.Credentials, new AmazonS3Config
        {
            ServiceURL = _store.Endpoint.AbsoluteUri,
            AuthenticationRegion = _store.Region,
            ForcePathStyle = _store.IsPathStyle,
        });
    }

    /// <summary>The address to ask, signed now where it is of an object of the store. A secret for as long as that counts.</summary>
    public Uri Of(Uri address) => !StoreSettings.IsObject(address) ? address : new Uri(_client!.GetPreSignedURL(new GetPreSignedUrlRequest
    {
        BucketName = address.Host,
        Key = Uri.UnescapeDataString(address.AbsolutePath.TrimStart('/')),
        Verb = HttpVerb.GET,
        Protocol = _store!.Endpoint.Scheme == Uri.UriSchemeHttps ? Protocol.HTTPS : Protocol.HTTP,
        Expires = _clock.GetUtcNow().UtcDateTime + s_validFor,
    }));

    /// <summary>Host and port of the server that has an address; of all buckets of the store the same.</summary>
    public string ServerOf(Uri address) => StoreSettings.IsObject(address) ? _store!.Endpoint.Authority : address.Authority;

    public void Dispose() => _client?.Dispose();
}
