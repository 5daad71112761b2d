using System.Security.Cryptography;
using System.Text;
using Deq.Api.Settings;
using Deq.Runtime.Models;

namespace Deq.Api.Access;

/// <summary>The keys that are taken: those of the settings, and those of a file that is read again when it changes. Thread-safe.</summary>
internal sealed class KeyRing
{
    /// <summary>How often the file is looked at.</summary>
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

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
                _keys = KeyFile.Read(file, settings.Keys);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or InvalidDataException)
            {
                throw new StartupException(AccessSettings.FaultOfFile(file, JsonFault.TextOf(fault)), fault);
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

    /// <summary>Whether a client that was let in would be let in now: its key is still taken, or its token's time is not over.</summary>
    /// <param name="caller">Who was let in.</param>
    /// <param name="roles">Roles of which its key must have one; <see cref="Roles.None"/>: whichever it has.</param>
    public bool StillTakes(Caller caller, Roles roles)
    {
        if (caller.Shown is not { } shown)
        {
            return caller.Until is not { } until || _clock.GetUtcNow() < until;
        }

        Renew();
        return _keys.Any(key => key.Name == shown.Name && key.Sha256.AsSpan().SequenceEqual(shown.Sha256) && (roles == Roles.None || (key.Roles & roles) != Roles.None));
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
                    _keys = KeyFile.Read(file, _settings.Keys);
                    _seen = now;
                }

                _logged = default;
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or InvalidDataException)
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
}
