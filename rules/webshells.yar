/*
    Web shells: code that runs what a request brings. Score: 90 where nothing legitimate is written so,
    85 for the construct alone, 75 or less where protected or administrative code can look alike.
    A character in brackets, as in wor[d], keeps a rule from matching its own text.
*/

rule webshell_php_eval_request
{
    meta:
        description = "PHP that evaluates request input, as China Chopper's server side does"
        author = "IBD-CERT veldkit"
        reference = "https://attack.mitre.org/software/S0020/"
        date = "2026-11-24"
        score = 90
        license = "EUPL-1.2"
    strings:
        $eval = /\b(eval|assert)[ \t]*\([ \t]*@?(\(string\))?((base64_decode|stripslashes|gzinflate|str_rot13|trim|urldecode)[ \t]*\([ \t]*){0,3}@?\$_(GET|POST|REQUEST|COOKIE)[ \t]{0,4}[\[{]/ nocase
    condition:
        filesize < 2MB and $eval
}

rule webshell_php_exec_request
{
    meta:
        description = "PHP that gives request input to a shell"
        author = "IBD-CERT veldkit"
        reference = "https://attack.mitre.org/techniques/T1505/003/"
        date = "2026-11-24"
        score = 85
        license = "EUPL-1.2"
    strings:
        $exec = /\b(system|shell_exec|passthru|exec|popen|proc_open|pcntl_exec)[ \t]*\([ \t]*@?((base64_decode|stripslashes|trim|urldecode)[ \t]*\([ \t]*){0,2}@?\$_(GET|POST|REQUEST|COOKIE)[ \t]{0,4}[\[{]/ nocase
    condition:
        filesize < 2MB and $exec
}

rule webshell_php_callback_request
{
    meta:
        description = "PHP that calls a function whose name comes from the request"
        author = "IBD-CERT veldkit"
        reference = "https://attack.mitre.org/techniques/T1505/003/"
        date = "2026-11-24"
        score = 85
        license = "EUPL-1.2"
    strings:
        $variable = /\$_(GET|POST|REQUEST|COOKIE)\[[^\]\r\n]{1,24}\][ \t]*\([ \t]*@?\$_(GET|POST|REQUEST|COOKIE)\[/
        $user_func = /call_user_func(_array)?[ \t]*\([ \t]*@?\$_(GET|POST|REQUEST|COOKIE)\[/ nocase
        $map = /array_(map|filter|walk)[ \t]*\([ \t]*@?\$_(GET|POST|REQUEST|COOKIE)\[/ nocase
    condition:
        filesize < 2MB and any of them
}

rule webshell_php_packed_eval
{
    meta:
        description = "PHP that evaluates code it first inflates or rotates; some commercial code is protected so"
        author = "IBD-CERT veldkit"
        reference = "https://attack.mitre.org/techniques/T1027/"
        date = "2026-11-24"
        score = 65
        license = "EUPL-1.2"
    strings:
        $chain = /\beval[ \t]*\([ \t]*(gzinflate|gzuncompress|gzdecode|str_rot13|strrev)[ \t]*\([ \t]*((gzinflate|str_rot13|strrev)[ \t]*\([ \t]*){0,2}base64_decode[ \t]*\(/ nocase
    condition:
        filesize < 2MB and $chain
}

rule webshell_php_encrypted_body
{
    meta:
        description = "PHP that decrypts the request's body and evaluates it, as Behinder does"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/rebeyond/Behinder"
        date = "2026-11-24"
        score = 85
        license = "EUPL-1.2"
    strings:
        $input = /php:\/\/inpu[t]/
        $decrypt = /openssl_decrypt[ \t]?\(/
        $eval = /\beval[ \t]?\([ \t]?\$[a-zA-Z_]/
        $invoke = /__invoke\(\$[a-zA-Z_]{1,12}\)[ \t]?\{[ \t]?eval\(/
        $key = /e45e329feb5d925[b]/
    condition:
        filesize < 16KB and $input and ($key or ($decrypt and any of ($eval, $invoke)))
}

rule webshell_php_godzilla
{
    meta:
        description = "PHP side of Godzilla: the request's body, XORed with a key, becomes session code"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/BeichenDream/Godzilla"
        date = "2026-11-24"
        score = 85
        license = "EUPL-1.2"
    strings:
        $xor = /\$K\[\$i ?\+ ?1 ?& ?15\]/
        $encode = /function encode\(\$D, ?\$K\)/
        $payload = /\$_SESSION\[\$payloadName\]/
        $info = /getBasicsInf[o]/
    condition:
        filesize < 64KB and 2 of them
}

rule webshell_jsp_exec_request
{
    meta:
        description = "JSP that gives a request parameter to the runtime"
        author = "IBD-CERT veldkit"
        reference = "https://attack.mitre.org/techniques/T1505/003/"
        date = "2026-11-24"
        score = 85
        license = "EUPL-1.2"
    strings:
        $runtime = /\.getRuntime\(\)\s{0,8}\.exec\([^;\r\n]{0,60}request\.getParameter\(/
        $builder = /new ProcessBuilder\([^;\r\n]{0,80}request\.getParameter\(/
    condition:
        filesize < 512KB and any of them
}

rule webshell_jsp_class_loading
{
    meta:
        description = "JSP that defines a class out of the request, as Behinder and Godzilla do"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/rebeyond/Behinder"
        date = "2026-11-24"
        score = 85
        license = "EUPL-1.2"
    strings:
        $loader = /extends ClassLoade[r]/
        $define = /\bdefineClass\([a-zA-Z_]{1,16}, ?0, ?[a-zA-Z_]{1,16}\.length/
        $page = /<%(@ ?page|!)[ ]/
        $body = /request\.(getReader\(\)|getParameter\(|getInputStream\()/
        $cipher = /(Cipher\.getInstance\(|BASE64Decode[r]|Base64\.getDecoder|decodeBuffer)/
    condition:
        filesize < 64KB and all of them
}

rule webshell_asp_eval_request
{
    meta:
        description = "ASP or ASPX that evaluates request input, as China Chopper's server side does"
        author = "IBD-CERT veldkit"
        reference = "https://attack.mitre.org/software/S0020/"
        date = "2026-11-24"
        score = 90
        license = "EUPL-1.2"
    strings:
        $classic = /<%[ \t\r\n@]{0,8}(eval|execute|executeglobal)[ \t(]{1,4}request[ \t]{0,2}[\(.]/ nocase
        $jscript = /eval[ \t]?\([ \t]?Request(\.(Item|Form|QueryString))?[ \t]?[\[(][^\r\n;]{1,60}unsafe/ nocase
    condition:
        filesize < 512KB and any of them
}

rule webshell_aspx_class_loading
{
    meta:
        description = "ASPX that decrypts the request and loads it as an assembly, as Behinder and Godzilla do"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/BeichenDream/Godzilla"
        date = "2026-11-24"
        score = 85
        license = "EUPL-1.2"
    strings:
        $page = /<%@ ?(Page|WebHandler|WebService)[ ]/ nocase
        $load = /(Assembly\.Load\(|\.GetMethod\(.Load.)/
        $decrypt = /\.CreateDecryptor\(|RijndaelManage[d]/
        $instance = /\.CreateInstance\(/
        $body = /Request\.(BinaryRead|Item|Params|Form|InputStream|ContentLengt[h])|Request\[/
    condition:
        filesize < 64KB and all of them
}

rule webshell_aspx_command
{
    meta:
        description = "ASPX page that starts a command interpreter with request input"
        author = "IBD-CERT veldkit"
        reference = "https://attack.mitre.org/techniques/T1505/003/"
        date = "2026-11-24"
        score = 75
        license = "EUPL-1.2"
    strings:
        $page = /<%@ ?(Page|WebHandler)[ ]/ nocase
        $start = /(new ProcessStartInfo|Process\.Start\()/
        $shell = /(cmd|powershell)\.exe[\x22' ]/ nocase
        $input = /(Request(\.(Form|QueryString|Params|Item))?[\[(]|\.Text;)/
    condition:
        filesize < 128KB and all of them
}

rule webshell_regeorg
{
    meta:
        description = "Server side of reGeorg: a SOCKS tunnel through a web page"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/sensepost/reGeorg"
        date = "2026-11-24"
        score = 90
        license = "EUPL-1.2"
    strings:
        $hello = /Georg says, 'All seems fine[']/
        $command = /[\x22']X-CMD[\x22']/ nocase
        $target = /[\x22']X-TARGET[\x22']/ nocase
        $status = /[\x22']X-STATUS[\x22']/ nocase
    condition:
        filesize < 1MB and ($hello or all of ($command, $target, $status))
}

rule webshell_neoregeorg
{
    meta:
        description = "Server side of Neo-reGeorg: an encoded SOCKS tunnel through a web page"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/L-codes/Neo-reGeorg"
        date = "2026-11-24"
        score = 85
        license = "EUPL-1.2"
    strings:
        $decode = /\bblv_?decode[ ]?\(/ nocase
        $encode = /\bblv_?encode[ ]?\(/ nocase
        $socket = /(fsockopen[ ]?\(|SocketChannel\.ope[n]|System\.Net\.Socket[s]|new Socket\(|net\.createConnectio[n])/
    condition:
        filesize < 256KB and all of them
}
