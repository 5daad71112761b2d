using System.Net.Security;

namespace Deq.Api.Fronts.Web;

/// <summary>The certificate of every address, read again when its files change. Thread-safe.</summary>
/// <remarks>The framework reads changed files only for <c>Kestrel:Endpoints</c>, and then closes every connection and, for a moment, the address. Here only handshakes that begin later differ.</remarks>
internal sealed class ServerCertificate
{
    /// <summary>How often the files are looked at.</summary>
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly CertificateFiles _files;
    private readonly TimeProvider _clock;
    private readonly ILogger<ServerCertificate> _logger;
    private long _lookedAt;
    private (DateTime Written, long Length, DateTime KeyWritten, long KeyLength) _seen;
    private volatile SslStreamCertificateContext _current;
    private string? _fault;

    /// <exception cref="InvalidDataException">The files cannot be used.</exception>
    public ServerCertificate(CertificateFiles files, TimeProvider clock, ILogger<ServerCertificate> logger)
    {
        (_files, _clock, _logger, _lookedAt) = (files, clock, logger, clock.GetTimestamp());
        _seen = files.Look();
        _current = files.Read();
    }

    /// <summary>Has a handshake use the certificate as its files are now.</summary>
    public void Give(SslServerAuthenticationOptions handshake)
    {
        Renew();
        (handshake.ServerCertificate, handshake.ServerCertificateSelectionCallback, handshake.ServerCertificateContext) = (null, null, _current);
    }

    /// <summary>Reads the files again where they have changed. What cannot be used, such as a new certificate whose key has yet to be written, leaves the one before.</summary>
    private void Renew()
    {
        if (_clock.GetElapsedTime(Volatile.Read(ref _lookedAt)) < s_look)
        {
            return;
        }

        lock (_gate)
        {
            Volatile.Write(ref _lookedAt, _clock.GetTimestamp());
            try
            {
                if (_files.Look() is var now && now != _seen)
                {
                    // Noted once it was read: a file that may be read later on is not written anew for that.
                    _current = _files.Read();
                    (_seen, _fault) = (now, null);
                    _logger.LogInformation("The certificate in {File} is used as it is now, until {End:u}", _files.Path, _current.TargetCertificate.NotAfter.ToUniversalTime());
                }
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or InvalidDataException)
            {
                if (fault.Message != _fault)
                {
                    _logger.LogError("The certificate could not be read again, and the one before remains: {Fault}", fault.Message);
                }

                _fault = fault.Message;
            }
        }
    }
}
