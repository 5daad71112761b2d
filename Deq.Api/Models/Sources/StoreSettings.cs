using System.Text.RegularExpressions;
using Amazon.Runtime;
using Deq.Api.Settings;

namespace Deq.Api.Models.Sources;

/// <summary>A store that speaks the protocol of S3, and the key that reads its private objects; section <c>Models:S3</c> of the settings.</summary>
internal sealed partial record StoreSettings
{
    private const string Scheme = "s3";
    private const string Root = "Models:S3";
    private const string RegionKey = $"{Root}:Region";
    private const string EndpointKey = $"{Root}:Endpoint";

    /// <summary>What stores other than Amazon's expect where they have no regions.</summary>
    private const string AnyRegion = "us-east-1";

    /// <summary>Where it is.</summary>
    public required Uri Endpoint { get; init; }

    /// <summary>The region for which requests are signed.</summary>
    public required string Region { get; init; }

    /// <summary>Whether buckets are the first part of the path rather than of the host.</summary>
    public required bool IsPathStyle { get; init; }

    /// <summary>The key; shows none of it as text.</summary>
    public required AWSCredentials Credentials { get; init; }

    /// <summary>Whether an address is of an object or a folder in the store.</summary>
    public static bool IsObject(Uri address) => address.Scheme == Scheme;

    /// <summary>Whether an address in the store is a bucket and a path, and nothing else.</summary>
    public static bool IsAllowed(Uri address) =>
        address.UserInfo.Length == 0 && address.Fragment.Length == 0 && address.Query.Length == 0 && address.IsDefaultPort && Bucket().IsMatch(address.Host);

    /// <summary>The section of the settings; null where it is neither there nor needed.</summary>
    /// <param name="reader">Takes the faults.</param>
    /// <param name="isNeeded">Whether there are sources in the store.</param>
    public static StoreSettings? Read(SettingsReader reader, bool isNeeded)
    {
        (string? endpoint, string? region) = (reader.Text(EndpointKey), reader.Text(RegionKey));
        bool isPathStyle = reader.Flag($"{Root}:PathStyle", fallback: endpoint is not null);
        if (ReadCredentials(reader, isNeeded || endpoint is not null || region is not null) is not { } credentials)
        {
            return null;
        }

        string signedFor = ReadRegion(region, isNeeded: endpoint is null, reader);
        return new StoreSettings
        {
            Endpoint = endpoint is null ? new Uri($"https://s3.{signedFor}.amazonaws.com") : ReadEndpoint(endpoint, reader),
            Region = signedFor,
            IsPathStyle = isPathStyle,
            Credentials = credentials,
        };
    }

    private static string ReadRegion(string? text, bool isNeeded, SettingsReader reader)
    {
        if (text is null && isNeeded)
        {
            reader.Contradict($"Setting {RegionKey} must be given, such as eu-central-1, where {EndpointKey} is not.");
        }
        else if (text is not null && !RegionName().IsMatch(text))
        {
            reader.Contradict($"Setting {RegionKey} is '{text}'; it must be lower-case letters, digits and hyphens, such as eu-central-1.");
            return AnyRegion;
        }

        return text ?? AnyRegion;
    }

    private static Uri ReadEndpoint(string text, SettingsReader reader)
    {
        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? address) && SafeAddress.Is(address) && address.PathAndQuery == "/")
        {
            return address;
        }

        // Not shown: it can hold a secret.
        reader.Contradict($"Setting {EndpointKey} must be an https address without user, path and query (http on the loopback address alone).");
        return new Uri("https://localhost");
    }

    /// <summary>The key, from the section, or where that has no part of one from the variables that other programs read too; null: none is needed.</summary>
    private static AWSCredentials? ReadCredentials(SettingsReader reader, bool isNeeded)
    {
        (string? Id, string? Secret, string? Token) own = (reader.Text($"{Root}:AccessKeyId"), reader.Text($"{Root}:SecretAccessKey"), reader.Text($"{Root}:SessionToken"));
        (string? Id, string? Secret, string? Token) usual = (reader.Text("AWS_ACCESS_KEY_ID"), reader.Text("AWS_SECRET_ACCESS_KEY"), reader.Text("AWS_SESSION_TOKEN"));
        bool isOwn = own is not (null, null, null);
        if (!isNeeded && !isOwn)
        {
            return null;
        }

        if ((isOwn ? own : usual) is ({ } id, { } secret, var token))
        {
            return token is not null ? new SessionAWSCredentials(id, secret, token) : new BasicAWSCredentials(id, secret);
        }

        reader.Contradict($"{Root} needs AccessKeyId and SecretAccessKey, both there or both in the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.");
        return new AnonymousAWSCredentials();
    }

    [GeneratedRegex(@"^[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Bucket();

    [GeneratedRegex(@"^[a-z0-9\-]{1,64}$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex RegionName();
}
