using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Deq.Api.Settings;
using Deq.Runtime.Models;

namespace Deq.Api.Access;

/// <summary>The keys that are taken: those of the settings, and those of a file that is read again when it changes. Thread-safe.</summary>
internal sealed class KeyRing
{
    /// <summary>How often the file is looked at.</summary>
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowDuplicateProperties = false,
    };

    private readonly Lock _gate = new();
    private readonly AccessSettings _settings;
    private readonly TimeProvider _clock;
    private readonly ILogger<KeyRing> _logger;
    private long _lookedAt;
    private (DateTime Written, long Length) _seen;
    private (DateTime Written, long Length, string? Fault) _logged;
    private volatile IReadOnlyList<AccessKey> _keys;

    /// <exception cref="StartupException">The file cannot be read, or has faults.</exception>
    public KeyRing(AccessSettings settings, TimeProvider clock, ILogger<KeyRing> logger)
    {
        (_settings, _clock, _logger, _lookedAt, _keys) = (settings, clock, logger, clock.GetTimestamp(), settings.Keys);
        if (settings.KeysFile is { } file)
        {
            try
            {
                _seen = Look(file);
                _keys = ReadAll(file);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or JsonException or InvalidDataException)
            {
                throw new StartupException($"Access:KeysFile is '{file}', which cannot be read: {JsonFault.TextOf(fault)}.", fault);
            }
        }
    }

    /// <summary>The key that is shown; null where it is none. Takes the same time whichever of the keys it is, and however near a wrong one comes.</summary>
    public AccessKey? Find(string shown)
    {
        Renew();
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(shown), hash);
        AccessKey? found = null;
        foreach (AccessKey key in _keys)
        {
            found = CryptographicOperations.FixedTimeEquals(hash, key.Sha256) ? key : found;
        }

        return found;
    }

    /// <summary>The share of a client beside one of weight 1; see <see cref="Caller.Client"/>.</summary>
    public int WeightOf(string client) =>
        (Caller.IsToken(client) ? _settings.Tokens?.Weight : KeyOf(client)?.Weight) ?? Caller.DefaultWeight;

    /// <summary>What a client may take; see <see cref="Caller.Client"/>.</summary>
    public KeyQuota QuotaOf(string client) => (Caller.IsToken(client) ? _settings.Tokens?.Quota : KeyOf(client)?.Quota) ?? KeyQuota.None;

    private AccessKey? KeyOf(string client)
    {
        foreach (AccessKey key in _keys)
        {
            if (Caller.IsOf(client, key.Name))
            {
                return key;
            }
        }

        return null;
    }

    private static (DateTime Written, long Length) Look(string file)
    {
        // Of what a link leads to: where keys are mounted as a secret, new ones change the target alone.
        var info = new FileInfo(file);
        info = info.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? info;
        return (info.LastWriteTimeUtc, info.Length);
    }

    /// <summary>Reads the file again where it has changed. One that cannot be read leaves the keys as they were, and is tried again at the next look.</summary>
    private void Renew()
    {
        if (_settings.KeysFile is not { } file || _clock.GetElapsedTime(Volatile.Read(ref _lookedAt)) < s_look)
        {
            return;
        }

        lock (_gate)
        {
            Volatile.Write(ref _lookedAt, _clock.GetTimestamp());
            (DateTime Written, long Length) now = default;
            try
            {
                now = Look(file);
                if (now != _seen)
                {
                    // Seen only once it is read: a file that becomes readable later has the same time and length, and the keys that it withdraws must not stay.
                    _keys = ReadAll(file);
                    _seen = now;
                }

                _logged = default;
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or JsonException or InvalidDataException)
            {
                LogOnce(file, now, JsonFault.TextOf(fault));
            }
        }
    }

    /// <summary>Logs a fault of the file, unless it is the one that was logged last and the file has not changed since.</summary>
    private void LogOnce(string file, (DateTime Written, long Length) now, string fault)
    {
        if (_logged != (now.Written, now.Length, fault))
        {
            _logged = (now.Written, now.Length, fault);
            _logger.LogError("The keys of {File} could not be read again, and those before remain: {Fault}", file, fault);
        }
    }

    private AccessKey[] ReadAll(string file)
    {
        WrittenKey[] written = StrictJson.Deserialize<WrittenKey[]>(RegularFile.ReadAllBytes(file), s_json);
        AccessKey[] all = [.. _settings.Keys, .. written.Select(key => key.Read())];
        return all.GroupBy(key => key.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice
            ? throw new InvalidDataException($"the name '{twice.Key}' is given to two keys.")
            : all;
    }

    /// <summary>A key as the file has it.</summary>
    private sealed record WrittenKey(string Name, string Sha256)
    {
        public IReadOnlyList<string>? Roles { get; init; }

        public int? Weight { get; init; }

        public int? Requests { get; init; }

        public int? BytesPerSecond { get; init; }

        public int? PixelsPerSecond { get; init; }

        public int? EvaluationsPerSecond { get; init; }

        public AccessKey Read()
        {
            (Roles roles, IReadOnlyList<string> unknown) = RoleNames.Read(string.Join(',', Roles ?? ["infer"]));
            byte[] hash = AccessKey.ReadHash(Sha256) ?? throw new InvalidDataException($"sha256 of '{Name}' is not 64 hexadecimal digits.");
            var quota = new KeyQuota { Requests = Requests, BytesPerSecond = BytesPerSecond, PixelsPerSecond = PixelsPerSecond, EvaluationsPerSecond = EvaluationsPerSecond };
            return !quota.IsInRange
                ? throw new InvalidDataException($"a limit of the key '{Name}' is no whole number from 1 to {KeyQuota.MostPerSecond}, or of requests to {KeyQuota.MostRequests}.")
                : string.IsNullOrEmpty(Name) || unknown.Count > 0 || roles == Access.Roles.None || Weight is < 1 or > AccessKey.MostWeight
                ? throw new InvalidDataException($"the key '{Name}' needs a name, roles among infer, observe and manage, and a weight from 1 to {AccessKey.MostWeight}.")
                : new AccessKey(Name, hash, roles, Weight ?? Caller.DefaultWeight, quota);
        }
    }
}
